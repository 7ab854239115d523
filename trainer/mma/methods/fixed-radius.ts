import { add, concat, div, mean } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { runPgd } from '../../../core/margin/an-pgd-search.js';
import { compileAttackSteps, type AttackSteps } from '../../../core/margin/attack-steps.js';
import { lossOf } from '../../../core/margin/losses.js';
import { classifierOf } from '../../../core/model/classifier.js';
import { trainingPass } from '../objective.js';
import { accuracyOf, asVector, cleanPass, type CleanTerm } from './clean-pass.js';
import { lossesOf } from './method-config.js';
import { randomStart } from './random-start.js';
import { searchedStep, type Finish } from './searched-step.js';
import { sumOfTerms, sumOverProcesses } from './sums.js';
import type { CompiledMethod, MethodContext } from './training-method.js';

/** Adversarial training at a radius, and what its steps are made of: pure functions, compiled once. */
export interface FixedRadiusSteps extends CompiledMethod {
  /** The search, in evaluation mode. */
  readonly attack: AttackSteps;
  /** Where c = 0 it has no gradients, and moves no statistics. */
  readonly clean: (parameters: TensorMap, statistics: TensorMap, inputs: Tensor4D, labels: Tensor1D) => CleanTerm;
  /** The adversarial term at x + δ, and the update. */
  readonly finish: Finish<CleanTerm, Tensor4D>;
}

/**
 * Compiles the steps of adversarial training at a radius (Madry, Makelov, Schmidt, Tsipras, Vladu 2018, arXiv:1706.06083, Eq. 2.1, with a
 * fraction of the clean loss as in Eq. 8 of the paper of MMA):
 *
 *     c · (1/n) Σ L(f(x), y)  +  (1 − c) · (1/n) Σ L(f(x + δ), y)          δ ≈ argmax_{‖δ‖ ≤ ε} L_attack(f(x + δ), y)
 *
 * δ is found by PGD in evaluation mode from a random start in ball ∩ box, N steps of 2.5 ε / N. The default attack loss is SLM, where Madry
 * et al. ascend CE: the gradients of both point the same way in each example, and SLM's does not vanish where the answer is sure.
 *
 * A step is a clean pass (in training mode if c > 0; else in evaluation mode, for its figures alone, so that perturbed points alone move the
 * running statistics), the search, a pass in training mode at x + δ, and the optimizer's update. One read at the end.
 *
 * @param epsilonAt ε in the step after the first `step`
 */
export function compileFixedRadius(context: MethodContext, epsilonAt: (step: number) => number): FixedRadiusSteps {
  const { compile, model, config, bounds, optimizer, world } = context;
  const { attackIterations: iterations, cleanCoefficient } = config;
  const losses = lossesOf(config);
  const attack = compileAttackSteps(
    compile,
    classifierOf(model),
    { norm: config.norm, bounds },
    { search: losses.attack, crossing: losses.attack },
    { iterations, bisections: 1 },
  );
  const clean: FixedRadiusSteps['clean'] = compile((parameters, statistics, inputs, labels) => {
    if (cleanCoefficient > 0) {
      const pass = cleanPass(context, cleanCoefficient, parameters, statistics, inputs, labels);
      return { gradients: pass.gradients, statistics: pass.statistics, figures: pass.figures };
    }
    const { logits } = model.apply(parameters, statistics, inputs, false);
    const loss: Scalar = div(mean(lossOf(losses.clean)(logits, labels)), world.size);
    const figures = concat([asVector(loss), asVector(accuracyOf(logits, labels, world))]);
    return { gradients: {}, statistics: {}, figures };
  });
  const finish: FixedRadiusSteps['finish'] = compile(
    ({ parameters, statistics, moments }, term, { inputs, labels }, perturbations, factors) => {
      const objective = { weight: 1 - cleanCoefficient, loss: lossOf(losses.margin), world };
      const points: Tensor4D = add(inputs, perturbations);
      const moved = { ...statistics, ...term.statistics };
      const pass = trainingPass(model, objective, parameters, moved, points, labels);
      const own = concat([term.figures, asVector(pass.loss)]);
      const { gradients, report } = sumOverProcesses(world, sumOfTerms(term.gradients, pass.gradients), own);
      const next = optimizer.update(parameters, gradients, moments, factors);
      return { tensors: { parameters: next.parameters, statistics: pass.statistics, moments: next.state }, report };
    },
  );

  return {
    attack,
    clean,
    finish,

    search: randomStart(context, (_, examples, step) => new Float32Array(examples.length).fill(epsilonAt(step))),

    step: searchedStep(context, {
      begin: ({ parameters, statistics }, inputs, labels) => clean(parameters, statistics, inputs, labels),
      find: ({ parameters, statistics }, term, request) =>
        runPgd(attack, { ...request, weights: { ...parameters, ...statistics, ...term.statistics }, iterations }),
      finish,
      radiusAt: epsilonAt,
    }),
  };
}
