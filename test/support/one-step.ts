import assert from 'node:assert/strict';
import { dispose, tensor1d, tensor4d, zerosLike } from '@tensorflow/tfjs-core';
import type { Engine } from '../../core/engine/engine.js';
import { neverStop, type ShouldContinue } from '../../core/margin/pace.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import { splitWeights, toHost, toTensors, zeroWeights } from '../../core/model/weights.js';
import type { Examples } from '../../trainer/data/dataset.js';
import { gather, IMAGE_BOUNDS } from '../../trainer/mma/batches.js';
import { compileMethod, methodContext } from '../../trainer/mma/compile-method.js';
import type { TrainingConfig } from '../../trainer/mma/training-config.js';

/** Settings of a training that makes a single step. */
export const ONE_STEP: TrainingConfig = {
  method: 'mma',
  norm: 'linf',
  maxDistance: 0.04,
  minRadius: 0.01,
  attackIterations: 3,
  bisections: 5,
  cleanCoefficient: 1 / 3,
  steps: 1,
  batchSize: 30,
  // With these, a step is minus the gradient.
  optimizer: { rule: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 },
  seed: '0',
  checkpointInterval: 1,
  validationInterval: 1,
  validationMarginExamples: 1,
  evaluationMarginExamples: 1,
};

/** Where a step begins, and what it is made on. */
export interface StepRequest {
  readonly model: Model;
  readonly weights: HostTensors;
  readonly examples: Examples;
  readonly config: TrainingConfig;
  /** Which of the examples; default: all. */
  readonly chosen?: readonly number[];
  /** What searches start with; default: the least radius, at the examples themselves. */
  readonly radius?: number;
  readonly start?: readonly number[];
  readonly shouldContinue?: ShouldContinue;
}

/** A training step, which has to keep no tensor; undefined if `shouldContinue` stopped it. */
export async function stepOnce(engine: Engine, request: StepRequest) {
  const { model, config, examples, start, shouldContinue = neverStop, radius = config.minRadius } = request;
  const { numTensors } = engine.memory();
  const context = methodContext(engine.compile, model, config, IMAGE_BOUNDS);
  const { parameters, statistics } = splitWeights(model, request.weights);
  const tensors = {
    parameters: toTensors(parameters),
    statistics: toTensors(statistics),
    moments: toTensors(zeroWeights(context.optimizer.stateShapes(model.parameters))),
  };
  const chosen = Uint32Array.from(request.chosen ?? Array.from(examples.labels.keys()));
  const { inputs, labels } = gather(examples, model.architecture.inputShape, chosen);
  const search = {
    radii: tensor1d(new Float32Array(chosen.length).fill(radius)),
    start: start === undefined ? zerosLike(inputs) : tensor4d([...start], inputs.shape),
  };
  const batch = { inputs, labels, ...(config.method !== 'standard' && { search }) };
  const after = await compileMethod(config, context).step(tensors, batch, 0, shouldContinue);
  const stepped = after && {
    report: after.report,
    weights: await toHost(after.tensors.parameters),
    statistics: await toHost(after.tensors.statistics),
  };
  dispose([tensors, inputs, labels, search, after?.tensors ?? []]);
  assert.equal(engine.memory().numTensors, numTensors);
  return stepped;
}
