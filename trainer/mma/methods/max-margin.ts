import { add, cast, concat, less, logicalAnd, logicalNot, logicalOr, mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { placed } from '../../../core/engine/world/joined.js';
import { runAnPgd, type AnPgdResult } from '../../../core/margin/an-pgd-search.js';
import { compileAttackSteps, type AttackSteps } from '../../../core/margin/attack-steps.js';
import { perExample } from '../../../core/margin/box.js';
import { lossOf } from '../../../core/margin/losses.js';
import { SEARCH_REACH } from '../../../core/margin/threat-model.js';
import { classifierOf } from '../../../core/model/classifier.js';
import { trainingPass } from '../objective.js';
import { asVector, cleanPass, type CleanTerm } from './clean-pass.js';
import { lossesOf } from './method-config.js';
import { randomStart } from './random-start.js';
import { searchedStep, type Finish } from './searched-step.js';
import { sumOfTerms, sumOverProcesses } from './sums.js';
import type { CompiledMethod, MethodContext } from './training-method.js';

type SearchedTerm = CleanTerm & {
  /** The search loss at x is negative: SLM(x) < 0; [n] bool. */
  readonly correct: Tensor1D;
};

/** MMA and OMMA, and what their steps are made of: pure functions, compiled once. */
export interface MaxMarginSteps extends CompiledMethod {
  /** The search, in evaluation mode: the attack loss ascended, the search loss crossed. */
  readonly attack: AttackSteps;
  readonly clean: (parameters: TensorMap, statistics: TensorMap, inputs: Tensor4D, labels: Tensor1D) => SearchedTerm;
  /** The margin term at x + δ*, and the update. */
  readonly finish: Finish<SearchedTerm, AnPgdResult>;
}

/**
 * Compiles the steps of MMA (c > 0) and OMMA (c = 0) (paper, Eq. 7 and 8).
 *
 * A step is a clean pass in training mode, AN-PGD in evaluation mode over the whole batch (wrong examples are searched for in vain, so that
 * shapes stay static), a pass in training mode at the points found, and the optimizer's update. Both passes in training mode move the
 * running statistics, in this order. One read at the end.
 */
export function compileMaxMargin(context: MethodContext): MaxMarginSteps {
  const { compile, model, config, bounds, optimizer, world } = context;
  const { attackIterations: iterations, bisections, cleanCoefficient, maxDistance } = config;
  const losses = lossesOf(config);
  const attack = compileAttackSteps(
    compile,
    classifierOf(model),
    { norm: config.norm, bounds },
    { search: losses.attack, crossing: losses.search },
    { iterations, bisections },
  );
  const clean: MaxMarginSteps['clean'] = compile((parameters, statistics, inputs, labels) => {
    const { logits, ...term } = cleanPass(context, cleanCoefficient, parameters, statistics, inputs, labels);
    return { ...term, correct: less(lossOf(losses.search)(logits, labels), 0) };
  });
  const finish: MaxMarginSteps['finish'] = compile(
    ({ parameters, moments }, term, { inputs, labels }, found, factors) => {
      const { points, counted, radii } = chooseTerms(inputs, term.correct, found, maxDistance);
      const objective = { weight: 1 - cleanCoefficient, loss: lossOf(losses.margin), counted, world };
      const pass = trainingPass(model, objective, parameters, term.statistics, points, labels);
      const own = concat([term.figures, asVector(pass.loss), placed(world, radii)]);
      const { gradients, report } = sumOverProcesses(world, sumOfTerms(term.gradients, pass.gradients), own);
      const next = optimizer.update(parameters, gradients, moments, factors);
      return {
        tensors: { parameters: next.parameters, statistics: pass.statistics, moments: next.state },
        report,
      };
    },
  );

  return {
    attack,
    clean,
    finish,

    search: randomStart(context, (table, examples) => table.startRadii(examples)),

    step: searchedStep(context, {
      begin: ({ parameters, statistics }, inputs, labels) => clean(parameters, statistics, inputs, labels),
      find: ({ parameters }, { statistics }, request) =>
        runAnPgd(attack, {
          ...request,
          weights: { ...parameters, ...statistics },
          maxRadius: SEARCH_REACH * maxDistance,
          iterations,
          bisections,
        }),
      finish,
    }),
  };
}

/**
 * Which points the margin term is taken at, and which of them count (paper, Eq. 7):
 *
 *     Σ_{correct, d < d_max} CE(x + δ*)  +  Σ_{wrong} CE(x)
 *
 * Differs from Alg. 1: x + δ* is the failing side of the last bracket, clipped to the bounds, not the midpoint unclipped.
 *
 * @returns points [n, h, w, c]; counted [n] bool; radii [n], what the next visit starts from, 0 for a wrong example
 */
export function chooseTerms(
  inputs: Tensor4D,
  correct: Tensor1D,
  found: AnPgdResult,
  maxDistance: number,
): { readonly points: Tensor4D; readonly counted: Tensor1D; readonly radii: Tensor1D } {
  const attacked: Tensor1D = cast(correct, 'float32');
  const withinReach = logicalAnd(found.crossed, less(found.radii, maxDistance));
  return {
    points: add(inputs, mul(perExample(attacked), found.perturbations)),
    counted: logicalOr(logicalNot(correct), withinReach),
    radii: mul(attacked, found.radii),
  };
}
