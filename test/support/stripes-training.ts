import assert from 'node:assert/strict';
import type { Engine } from '../../core/engine/engine.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import { mlp } from '../../core/model/mlp.js';
import { buildModel } from '../../core/model/model.js';
import { createRandom } from '../../core/random.js';
import type { Examples } from '../../trainer/data/dataset.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../trainer/mma/checkpoint-file.js';
import type { Checkpoint } from '../../trainer/mma/checkpoint.js';
import type { TrainingConfig } from '../../trainer/mma/training-config.js';
import { train, type TrainRequest } from '../../trainer/mma/training-loop.js';

export const model = buildModel(mlp([16], [8, 8, 1], 3));

/** Images of three classes, each with a bright third, and noise. */
export function stripes(count: number, seed: number): Examples {
  const random = createRandom(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const images = Uint8Array.from({ length: count * 64 }, (_, i) => {
    const column = i % 8;
    const bright = Math.floor(column / 3) === labels[Math.floor(i / 64)];
    return Math.floor((bright ? 200 : 0) + 55 * random.uniform());
  });
  return { count, images, labels };
}

export const examples = stripes(50, 1);
export const validation = stripes(12, 2);

/** 50 examples in batches of 8: six steps an epoch, two examples left over. */
export const MMA: TrainingConfig = {
  method: 'mma',
  norm: 'linf',
  maxDistance: 0.45,
  minRadius: 0.1,
  attackIterations: 3,
  bisections: 4,
  cleanCoefficient: 1 / 3,
  steps: 16,
  batchSize: 8,
  optimizer: { rule: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  seed: '7',
  checkpointInterval: 4,
  validationInterval: 5,
  validationMarginExamples: 10,
  evaluationMarginExamples: 1,
};
export const OMMA: TrainingConfig = {
  ...MMA,
  method: 'omma',
  norm: 'l2',
  maxDistance: 2,
  minRadius: 0.5,
  cleanCoefficient: 0,
  optimizer: { rule: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 2e-4 },
};
export const STANDARD: TrainingConfig = { ...MMA, method: 'standard' };
export const PGDLS: TrainingConfig = {
  ...OMMA,
  method: 'pgdls',
  epsilon: 1.5,
  initialEpsilon: 0.1,
  epsilonRampSteps: 10,
};
export const TRADES: TrainingConfig = { ...MMA, method: 'trades', cleanCoefficient: 1, epsilon: 0.3, tradesBeta: 6 };

/** Trains on them. */
export const trainStripes = (engine: Engine, config: TrainingConfig, more: Partial<TrainRequest> = {}) =>
  train({ engine, model, train: examples, validation, config, ...more });

/** Trains to the end, keeping every checkpoint as it would lie on disk. */
export async function undisturbed(engine: Engine, config: TrainingConfig) {
  const files: Uint8Array[] = [];
  const saveCheckpoint = (checkpoint: Checkpoint) => {
    files.push(encodeCheckpoint(checkpoint));
    return Promise.resolve();
  };
  const result = await trainStripes(engine, config, { saveCheckpoint });
  return { result, checkpoints: files.map((file) => decodeCheckpoint(file)) };
}

/** Compared as bytes: a comparison of values would take −0 for 0. */
export function assertSameBits(actual: HostTensors, expected: HostTensors): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    const other = actual[name]!.data;
    assert.deepEqual(
      Buffer.from(other.buffer, other.byteOffset, other.byteLength),
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      name,
    );
  }
}
