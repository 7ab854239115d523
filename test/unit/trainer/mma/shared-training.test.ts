import assert from 'node:assert/strict';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { lenet } from '../../../../core/model/lenet.js';
import { wrn } from '../../../../core/model/wrn.js';
import type { Checkpoint } from '../../../../trainer/mma/checkpoint.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import type { ThreadOutcome } from '../../../support/sharing-trainer.js';
import { inThreads } from '../../../support/thread-world.js';
import { trainCase, type TrainedCase, type TrainingCase } from '../../../support/training-case.js';

const THREAD = new URL('../../../support/sharing-trainer.js', import.meta.url);

const MMA: TrainingConfig = {
  method: 'mma',
  norm: 'linf',
  maxDistance: 0.3,
  minRadius: 0.05,
  attackIterations: 2,
  bisections: 3,
  cleanCoefficient: 1 / 3,
  steps: 4,
  batchSize: 6,
  optimizer: { rule: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3 },
  seed: '3',
  checkpointInterval: 4,
  validationInterval: 4,
  validationMarginExamples: 7,
  evaluationMarginExamples: 1,
};
const ADAM = { rule: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

const LENET = lenet({ conv1: 2, conv2: 3, hidden: 8 }, [8, 8, 1], 3);
const WRN = wrn(10, 1, [8, 8, 3], 3);

/** 13 examples in batches of 6: two steps an epoch. */
const CASES: Readonly<Record<string, TrainingCase>> = {
  'LeNet, MMA, momentum': { architecture: LENET, config: MMA, examples: 13 },
  'LeNet, OMMA, L2, Adam, crops and flips': {
    architecture: LENET,
    config: {
      ...MMA,
      method: 'omma',
      norm: 'l2',
      maxDistance: 1,
      cleanCoefficient: 0,
      optimizer: ADAM,
      augmentation: 'crop-flip',
    },
    examples: 13,
  },
  'WRN-10-1, MMA, L2, momentum': { architecture: WRN, config: { ...MMA, norm: 'l2', maxDistance: 1 }, examples: 13 },
  'WRN-10-1, TRADES, momentum': {
    architecture: WRN,
    config: { ...MMA, method: 'trades', cleanCoefficient: 1, epsilon: 0.2, tradesBeta: 6 },
    examples: 13,
  },
  'WRN-10-1, PGDLS, momentum': {
    architecture: WRN,
    config: { ...MMA, method: 'pgdls', epsilon: 0.2, initialEpsilon: 0.1, epsilonRampSteps: 3 },
    examples: 13,
  },
  'WRN-10-1, standard, momentum': {
    architecture: WRN,
    config: { ...MMA, method: 'standard', cleanCoefficient: 1 },
    examples: 13,
  },
};

const FIRST = 'LeNet, MMA, momentum';
/** What two or three threads train, one case after the other, since to begin takes threads longer than a case. */
const TASKS: Readonly<Record<2 | 3, Readonly<Record<string, TrainingCase>>>> = {
  2: {
    ...CASES,
    odd: { ...CASES[FIRST]!, config: { ...MMA, batchSize: 5 } },
    stopping: { ...CASES[FIRST]!, stopAfter: 2 },
  },
  3: Object.fromEntries(Object.entries(CASES).filter(([name]) => name.startsWith('WRN-10-1, MMA'))),
};

/** The largest difference of two records of arrays, as a fraction of the largest value. */
function apart(a: Checkpoint['weights'], b: Checkpoint['weights']): number {
  let [difference, largest] = [0, 0];
  for (const [name, { data }] of Object.entries(a))
    data.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - b[name]!.data[i]!));
      largest = Math.max(largest, Math.abs(value));
    });
  return difference / largest;
}

const trainedOf = (outcome: ThreadOutcome): TrainedCase =>
  'trained' in outcome ? outcome.trained : assert.fail(outcome.error);

describe('a training in several processes (here threads, on wasm)', () => {
  let engine: Engine;
  /** By the number of threads, then by thread, then by case. */
  let outcomes: Readonly<Record<2 | 3, readonly (readonly ThreadOutcome[])[]>>;
  before(async function () {
    this.timeout(240_000);
    engine = await openEngine('wasm');
    const train = (size: 2 | 3) => inThreads<readonly ThreadOutcome[]>(THREAD, size, Object.values(TASKS[size]));
    const [two, three] = await Promise.all([train(2), train(3)]);
    outcomes = { 2: two, 3: three };
  });
  const outcomesOf = (name: string, size: 2 | 3): readonly ThreadOutcome[] => {
    assert.equal(outcomes[size].length, size);
    return outcomes[size].map((ofThread) => ofThread[Object.keys(TASKS[size]).indexOf(name)]!);
  };

  for (const size of [2, 3] as const)
    for (const [name, task] of Object.entries(CASES).filter(([each]) => each in TASKS[size]))
      it(`gives the weights, radii and figures of one process (${name}, ${size} of them)`, async () => {
        const alone = await trainCase(engine, task);
        for (const { checkpoint, validation } of outcomesOf(name, size).map(trainedOf)) {
          assert.ok(apart(checkpoint.weights, alone.checkpoint.weights) < 1e-5);
          assert.ok(apart(checkpoint.moments, alone.checkpoint.moments) < 1e-4);
          assert.deepEqual(checkpoint.random, alone.checkpoint.random);
          assert.deepEqual(checkpoint.order, alone.checkpoint.order);
          assert.equal(checkpoint.radii.length, alone.checkpoint.radii.length);
          checkpoint.radii.forEach((radius, i) => {
            assert.ok(Math.abs(radius - alone.checkpoint.radii[i]!) < 1e-4);
          });
          for (const [figure, value] of Object.entries(alone.checkpoint.figures))
            assert.ok(Math.abs(checkpoint.figures[figure as 'cleanLoss'] - value) < 1e-4, figure);
          assert.equal(validation!.accuracy, alone.validation!.accuracy);
          assert.ok(Math.abs(validation!.margin - alone.validation!.margin) < 1e-4);
          assert.equal(validation!.quantiles.length, alone.validation!.quantiles.length);
          validation!.quantiles.forEach((quantile, i) => {
            assert.ok(Math.abs(quantile - alone.validation!.quantiles[i]!) < 1e-4);
          });
        }
      });

  it('stops in all of them, after the same step, once one of them should', () => {
    assert.deepEqual(
      outcomesOf('stopping', 2).map((outcome) => trainedOf(outcome).checkpoint.step),
      [2, 2],
    );
  });

  it('refuses a batch that has no equal parts', () => {
    for (const outcome of outcomesOf('odd', 2))
      assert.deepEqual(outcome, { error: 'batch_size: expected a multiple of the 2 processes (WORLD_SIZE), got 5' });
  });
});
