import type { TrainingSpec } from '../../client/training-spec.js';

export interface FirstModelOptions {
  readonly steps?: number;
  readonly evaluationMarginExamples?: number;
}

/** The training of the first model: a small network on the built-in digits, minutes on two cores. */
export function firstModelSpec(options: FirstModelOptions): TrainingSpec {
  return {
    model: 'digits',
    data: { name: 'digits' },
    architecture: { name: 'lenet', sizes: [8, 16, 64] },
    method: 'mma',
    norm: 'linf',
    attackIterations: 5,
    steps: options.steps ?? 250,
    batchSize: 50,
    optimizer: { rule: 'adam', learningRate: 1e-3 },
    checkpointInterval: 25,
    evaluationMarginExamples: options.evaluationMarginExamples,
  };
}
