import { dispose, fill, tensor4d, tidy, where, zeros } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../../core/engine/engine.js';
import { ALONE, type World } from '../../core/engine/world/world.js';
import { runAnPgd } from '../../core/margin/an-pgd-search.js';
import { compileAttackSteps } from '../../core/margin/attack-steps.js';
import { successOf } from '../../core/margin/attacks/steps/success.js';
import { isCorrect } from '../../core/margin/is-correct.js';
import type { ShouldContinue } from '../../core/margin/pace.js';
import { sharpnessAt } from '../../core/margin/sharpness.js';
import { SEARCH_REACH } from '../../core/margin/threat-model.js';
import { classifierOf } from '../../core/model/classifier.js';
import type { Model } from '../../core/model/model.js';
import { createRandom } from '../../core/random.js';
import { sizeOf } from '../../core/shape.js';
import type { Examples } from '../data/dataset.js';
import { gather, IMAGE_BOUNDS, inBatches } from './batches.js';
import { fixedRadius } from './hyperparameters.js';
import { quantilesOf } from './quantiles.js';
import { totals } from './data-shards.js';
import type { TrainingConfig } from './training-config.js';
import { QUANTILE_LEVELS, type ValidationEntry } from './training-history.js';

/** So that validations draw other numbers than training, and the same ones each time. */
const VALIDATION_STREAM = 0x76616c6964n;

/**
 * What a validation found, after how many steps: the mean margin and its quantiles, where a misclassified example counts 0 and one that
 * was not found 1.05 d_max, and the fraction of all validation examples that is classified correctly.
 */
export type Validation = ValidationEntry;

/** Measures margins and accuracy of weights; undefined if `shouldContinue` stopped it. */
export type Validate = (
  weights: TensorMap,
  shouldContinue: ShouldContinue,
) => Promise<Omit<Validation, 'step'> | undefined>;

/**
 * Compiles the validation of a training: PGD at a fixed radius, then bisection of success along its direction up to 1.05 d_max (paper,
 * settings), on the first `validationMarginExamples`; clean accuracy on all of them.
 *
 * Differs from the paper: unless the configuration names them, the radius is 2/3 d_max for every data set and the steps are those of
 * training, and what counts is the norm of the clipped perturbation, not the multiplier of its ray; SLM is of logits brought to a spread, and
 * success is LM above zero beyond rounding, so that the scale of the logits changes no margin.
 *
 * @param world the processes that measure, each its own part of the batches; all of them hear what was found
 */
export function compileValidation(
  compile: Compile,
  model: Model,
  examples: Examples,
  config: TrainingConfig,
  world: World = ALONE,
): Validate {
  const classifier = classifierOf(model);
  const threat = { norm: config.norm, bounds: IMAGE_BOUNDS };
  const batches = Math.ceil(Math.min(config.validationMarginExamples, examples.count) / config.batchSize);
  const steps = compileAttackSteps(
    compile,
    classifier,
    threat,
    { search: 'slm', crossing: successOf('untargeted') },
    { iterations: batches * config.attackIterations, bisections: batches * config.bisections },
  );
  const maxRadius = SEARCH_REACH * config.maxDistance;
  const { inputShape } = model.architecture;
  const pixels = sizeOf(inputShape);
  const start = compile((inputs: Tensor4D, radii: Tensor1D, uniforms: Tensor4D) =>
    steps.geometry.randomStart(inputs, radii, uniforms, IMAGE_BOUNDS),
  );
  const answer = compile((weights: TensorMap, inputs: Tensor4D, labels: Tensor1D) => {
    const logits = classifier(weights, inputs);
    return { correct: isCorrect(logits, labels), sharpness: sharpnessAt(logits) };
  });
  const settle = compile((correct: Tensor1D, found: { perturbations: Tensor4D; crossed: Tensor1D }): Tensor1D => {
    const distances = where(found.crossed, steps.geometry.lengths(found.perturbations), fill(correct.shape, maxRadius));
    return where(correct, distances, zeros(correct.shape));
  });

  return async (weights, shouldContinue) => {
    let correct = 0;
    for (const [turn, { examples: batch, used }] of [...inBatches(examples.count, config.batchSize)].entries()) {
      if (!(await shouldContinue())) return undefined;
      if (turn % world.size !== world.rank) continue;
      const { inputs, labels } = gather(examples, inputShape, batch);
      const answered = tidy(() => answer(weights, inputs, labels));
      for (const right of (await answered.correct.data()).subarray(0, used)) correct += right;
      dispose([inputs, labels, answered]);
    }

    const random = createRandom(BigInt(config.seed) ^ VALIDATION_STREAM);
    const count = Math.min(config.validationMarginExamples, examples.count);
    // Each process fills in its own; what the others add is zero.
    const margins = new Float64Array(count);
    for (const [turn, { examples: batch, used }] of [...inBatches(count, config.batchSize)].entries()) {
      // Numbers are drawn for each batch, so that they are the same whoever measures it.
      const drawn = random.uniforms(config.batchSize * pixels);
      if (turn % world.size !== world.rank) continue;
      const { inputs, labels } = gather(examples, inputShape, batch);
      const radii: Tensor1D = fill([batch.length], config.validationRadius ?? fixedRadius(config));
      const stepSizes: Tensor1D | undefined =
        config.validationStepSize === undefined ? undefined : fill([batch.length], config.validationStepSize);
      const uniforms = tensor4d(drawn, inputs.shape);
      const from = tidy(() => start(inputs, radii, uniforms));
      const answered = tidy(() => answer(weights, inputs, labels));
      const request = {
        weights,
        inputs,
        labels,
        radii,
        start: from,
        maxRadius,
        shouldContinue,
        sharpness: answered.sharpness,
        ...(stepSizes && { stepSizes }),
      };
      const { attackIterations: iterations, bisections } = config;
      const found = await runAnPgd(steps, { ...request, iterations, bisections });
      const settled = tidy(() => settle(answered.correct, found));
      margins.set((await settled.data()).subarray(0, used), turn * config.batchSize);
      stepSizes?.dispose();
      dispose([inputs, labels, radii, uniforms, from, found, answered, settled]);
      if (!(await shouldContinue())) return undefined;
    }
    const [right = 0] = totals(world, correct);
    world.total(margins);
    return {
      margin: margins.reduce((sum, margin) => sum + margin, 0) / count,
      accuracy: right / examples.count,
      quantiles: quantilesOf([...margins], QUANTILE_LEVELS),
    };
  };
}
