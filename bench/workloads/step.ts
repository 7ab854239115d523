import { DomainError } from '../../core/errors.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import { zeroWeights } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import type { Checkpoint } from '../../trainer/mma/checkpoint.js';
import { EMPTY_HISTORY } from '../../trainer/mma/history-record.js';
import { optimizerOf } from '../../trainer/mma/optimizers.js';
import { stoppablePace } from '../../trainer/mma/stoppable-pace.js';
import type { TrainingConfig } from '../../trainer/mma/training-config.js';
import { openTrainingRun } from '../../trainer/mma/training-run.js';
import { adam, memorise, NEVER_DUE } from './memorise.js';
import { randomProblem } from './random-problem.js';
import type { OpenWorkload } from './workload.js';

/** The paper's settings for MNIST, and with SGD those for CIFAR-10. */
const SMALL_IMAGES = { maxDistance: 0.45, minRadius: 0.1, optimizer: adam(1e-4) } as const;
const WIDE_RESNET = {
  maxDistance: 12 / 255,
  minRadius: 0.005,
  optimizer: { rule: 'sgd', learningRate: 1e-4, momentum: 0.9, weightDecay: 2e-4 },
} as const;

const BISECTIONS = 10;

/**
 * One whole step of MMA training, through the trainer's own run: images gathered, random starts drawn, a clean pass, a search of so many
 * iterations and 10 bisections, a pass at what it found, the optimizer's update, the radii recorded.
 */
export const openStep: OpenWorkload = async (engine, { model: name, batch, iterations }) => {
  const problem = randomProblem(name, batch);
  const { model, examples } = problem;
  const config: TrainingConfig = {
    ...NEVER_DUE,
    ...(model.architecture.family === 'wrn' ? WIDE_RESNET : SMALL_IMAGES),
    method: 'mma',
    norm: 'linf',
    attackIterations: iterations,
    bisections: BISECTIONS,
    cleanCoefficient: 1 / 3,
    batchSize: batch,
  };
  const resume = beginning(model, config, await memorise(engine, problem));
  const run = openTrainingRun({
    ...{ engine, model, train: examples, validation: examples },
    ...{ config, fingerprint: resume.fingerprint, resume },
  });
  const shouldContinue = stoppablePace(undefined);
  return {
    unitsPerRun: 1,
    run: async () => {
      if (!(await run.advance(shouldContinue))) throw new DomainError('internal', 'bench: a step was stopped');
    },
    facts: async () => ({
      ...problem.facts,
      ...{ norm: config.norm, attackIterations: iterations, bisections: BISECTIONS, optimizer: config.optimizer.rule },
      attacked: (await run.checkpoint()).radii.filter((radius) => radius > 0).length,
    }),
    dispose: () => {
      run.dispose();
    },
  };
};

/** Where a training with these weights begins. */
function beginning(model: Model, config: TrainingConfig, weights: HostTensors): Checkpoint {
  const moments = zeroWeights(optimizerOf(config.optimizer).stateShapes(model.parameters));
  return {
    fingerprint: '',
    step: 0,
    weights,
    moments,
    radii: new Float32Array(config.batchSize),
    order: new Uint32Array(config.batchSize),
    random: createRandom(2).state(),
    figures: { cleanLoss: 0, marginLoss: 0, meanRadius: 0, batchAccuracy: 0 },
    history: EMPTY_HISTORY,
  };
}
