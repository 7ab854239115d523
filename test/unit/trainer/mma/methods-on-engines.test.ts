import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { messageOf } from '../../../../core/errors.js';
import { lenet } from '../../../../core/model/lenet.js';
import { METHODS, type Method } from '../../../../trainer/mma/methods.js';
import type { TrainingConfig } from '../../../../trainer/mma/training-config.js';
import { assertNear } from '../../../support/near.js';
import { trainCase } from '../../../support/training-case.js';

const ARCHITECTURE = lenet({ conv1: 2, conv2: 3, hidden: 8 }, [8, 8, 1], 3);
const SGD = { rule: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3 } as const;
const ADAM = { rule: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
const CLEAN: Partial<Record<Method, number>> = { mma: 1 / 3, standard: 1, trades: 1 };
/** TRADES starts where answers hardly differ, so that much of the gradient of their divergence is rounding. */
const TOLERANCE: Partial<Record<Method, number>> = { trades: 1e-3 };

const configOf = (method: Method, inL2: boolean): TrainingConfig => ({
  method,
  ...(inL2
    ? { norm: 'l2', maxDistance: 1, epsilon: 0.7, optimizer: ADAM, augmentation: 'crop-flip' }
    : { norm: 'linf', maxDistance: 0.3, epsilon: 0.2, optimizer: SGD }),
  ...{ minRadius: 0.05, attackIterations: 3, bisections: 4, cleanCoefficient: CLEAN[method] ?? 0 },
  ...{ initialEpsilon: 0.1, epsilonRampSteps: 3, tradesBeta: 6, steps: 4, batchSize: 6, seed: '3' },
  ...{ checkpointInterval: 4, validationInterval: 4, validationMarginExamples: 3, evaluationMarginExamples: 1 },
});

/** Skips, with the reason in the title, where the engine is not there. */
const openFor = (name: 'onnx' | 'torch', context: Context): Promise<Engine> =>
  openEngine(name).catch((error: unknown) => {
    context.test!.title += ` (skipped: ${messageOf(error)})`;
    return context.skip();
  });

describe('every method of training, compiled', () => {
  let eager: Engine;
  before(async () => (eager = await openEngine('wasm')));

  for (const name of ['onnx', 'torch'] as const)
    it(`gives on ${name} the weights that it gives without compilation`, async function () {
      const engine = await openFor(name, this);
      const alive = engine.memory().numTensors;
      for (const [index, method] of METHODS.entries()) {
        const task = { architecture: ARCHITECTURE, config: configOf(method, index % 2 === 1), examples: 13 };
        const [expected, actual] = [await trainCase(eager, task), await trainCase(engine, task)];
        for (const [key, { data }] of Object.entries(expected.checkpoint.weights))
          assertNear(actual.checkpoint.weights[key]!.data, data, TOLERANCE[method] ?? 2e-5, `${method}, ${key}`);
        const [ours, theirs] = [actual.validation!, expected.validation!];
        assert.ok(Math.abs(ours.margin - theirs.margin) <= 1e-3, `${method}: ${ours.margin}, not ${theirs.margin}`);
      }
      assert.equal(engine.memory().numTensors, alive);
    });
});
