import type { TrainingSpec } from '../../client/training-spec.js';

export interface FirstModelOptions {
  readonly steps?: number;
  readonly evaluationMarginExamples?: number;
}

/**
 * The training of the first model: a small network on the built-in digits, a minute on one core.
 *
 * Short searches and large steps, since a search goes on from where the last one ended; test/long holds it against standard training.
 */
export function firstModelSpec(options: FirstModelOptions): TrainingSpec {
  return {
    model: 'digits',
    data: { name: 'digits' },
    architecture: { name: 'lenet', sizes: [8, 16, 64] },
    method: 'mma',
    norm: 'linf',
    attackIterations: 5,
    bisections: 6,
    steps: options.steps ?? 250,
    batchSize: 50,
    optimizer: { rule: 'adam', learningRate: 4e-3 },
    checkpointInterval: 25,
    validationMarginExamples: 100,
    evaluationMarginExamples: options.evaluationMarginExamples,
  };
}
