import type { Engine } from '../../core/engine/engine.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import { neverStop } from '../../core/margin/pace.js';
import type { TrainingConfig } from '../../trainer/mma/training-config.js';
import { openTrainingRun } from '../../trainer/mma/training-run.js';
import type { RandomProblem } from './random-problem.js';

const MAX_STEPS = 60;

/** The mean cross entropy at which they are known: SLM is below 0 for each of them, and stays so for some steps. */
const KNOWN_LOSS = 0.01;

/** Adam as PyTorch's defaults have it. */
export function adam(learningRate: number) {
  return { rule: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
}

/** What a training needs besides what a benchmark is about; none of it is ever due in one. */
export const NEVER_DUE = {
  seed: '0',
  steps: Number.MAX_SAFE_INTEGER,
  checkpointInterval: Number.MAX_SAFE_INTEGER,
  validationInterval: Number.MAX_SAFE_INTEGER,
  validationMarginExamples: 1,
  evaluationMarginExamples: 1,
} as const;

/**
 * Weights that classify the whole batch correctly, so that each of its examples has a margin to look for: at most 60 plain steps of
 * standard training.
 */
export async function memorise(engine: Engine, { model, examples }: RandomProblem): Promise<HostTensors> {
  const config: TrainingConfig = {
    ...NEVER_DUE,
    method: 'standard',
    norm: 'linf',
    maxDistance: 1,
    minRadius: 1,
    attackIterations: 1,
    bisections: 1,
    cleanCoefficient: 1,
    batchSize: examples.count,
    optimizer: adam(1e-3),
  };
  const request = { engine, model, train: examples, validation: examples, config, fingerprint: '' };
  const run = openTrainingRun(request);
  try {
    const known = () => run.step > 0 && run.standing().cleanLoss < KNOWN_LOSS;
    while (run.step < MAX_STEPS && !known()) await run.advance(neverStop);
    return (await run.checkpoint()).weights;
  } finally {
    run.dispose();
  }
}
