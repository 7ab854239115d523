import assert from 'node:assert/strict';
import { dispose, scalar, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { mapNamed, named } from '../../../../trainer/mma/named.js';
import { optimizerOf } from '../../../../trainer/mma/optimizers.js';
import type { OptimizerConfig } from '../../../../trainer/mma/training-config.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

/** Runs an optimizer on the gradients of ½θᵀ diag(a) θ, a = (1, 10), from θ = (1, −2). */
async function descend(config: OptimizerConfig, steps: number): Promise<number[]> {
  const optimizer = optimizerOf(config);
  let parameters: TensorMap = { theta: tensor1d([1, -2]) };
  let state: TensorMap = mapNamed(optimizer.stateShapes({ theta: [2] }), () => tensor1d([0, 0]));
  for (let step = 1; step <= steps; step++) {
    const [first = NaN, second = NaN] = await named(parameters, 'theta').data();
    const gradients = { theta: tensor1d([first, 10 * second]) };
    const factors = mapNamed(optimizer.factors(step), (value) => scalar(value));
    const next = tidy(() => optimizer.update(parameters, gradients, state, factors));
    dispose([parameters, state, gradients, factors]);
    ({ parameters, state } = next);
  }
  const result = Array.from(await named(parameters, 'theta').data());
  dispose([parameters, state]);
  return result;
}

/** The same, by the recurrence of SGD in float64. */
function sgdReference(
  learningRate: (done: number) => number,
  momentum: number,
  weightDecay: number,
  steps: number,
): number[] {
  return [
    [1, 1],
    [-2, 10],
  ].map(([start = NaN, curvature = NaN]) => {
    let theta = start;
    let buffer: number | undefined;
    for (let step = 0; step < steps; step++) {
      const gradient = curvature * theta + weightDecay * theta;
      buffer = buffer === undefined ? gradient : momentum * buffer + gradient;
      theta -= learningRate(step) * buffer;
    }
    return theta;
  });
}

/** The same, by the averages that Adam's moments are: m̂ = Σ β₁^(t−i) gᵢ / Σ β₁^(t−i), likewise v̂. */
function adamReference(
  config: Extract<OptimizerConfig, { rule: 'adam' }>,
  steps: number,
  learningRate: (done: number) => number = () => config.learningRate,
): number[] {
  const average = (values: number[], beta: number): number => {
    const weights = values.map((_, i) => beta ** (values.length - 1 - i));
    return values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / weights.reduce((sum, w) => sum + w, 0);
  };
  return [
    [1, 1],
    [-2, 10],
  ].map(([start = NaN, curvature = NaN]) => {
    let theta = start;
    const gradients: number[] = [];
    for (let step = 0; step < steps; step++) {
      gradients.push((curvature + config.weightDecay) * theta);
      const mean = average(gradients, config.beta1);
      const square = average(
        gradients.map((g) => g * g),
        config.beta2,
      );
      theta -= (learningRate(step) * mean) / (Math.sqrt(square) + config.epsilon);
    }
    return theta;
  });
}

describe('optimizers', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  function assertNear(actual: number[], expected: number[]): void {
    actual.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 2e-6, `${value}, expected ${expected[i]}`);
    });
  }

  for (const weightDecay of [0, 0.3]) {
    it(`follow SGD's recurrence, the first buffer being the first gradient, with weight decay ${weightDecay}`, async () => {
      const { numTensors } = engine.memory();
      const actual = await descend({ rule: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay }, 12);
      assertNear(
        actual,
        sgdReference(() => 0.03, 0.9, weightDecay, 12),
      );
      assert.equal(engine.memory().numTensors, numTensors);
    });

    it(`follow Adam's unbiased averages, epsilon outside the root, with weight decay ${weightDecay}`, async () => {
      const { numTensors } = engine.memory();
      // An epsilon of the size of the gradients shows where it stands.
      const config = { rule: 'adam', learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 0.5, weightDecay } as const;
      assertNear(await descend(config, 12), adamReference(config, 12));
      assert.equal(engine.memory().numTensors, numTensors);
    });
  }

  it('take another learning rate from the steps on that the schedule names', async () => {
    const schedule = [
      { fromStep: 3, learningRate: 0.1 },
      { fromStep: 7, learningRate: 0.01 },
    ];
    const rate = (done: number): number => (done < 3 ? 0.03 : done < 7 ? 0.1 : 0.01);
    const common = { learningRate: 0.03, weightDecay: 0 };
    const sgd = { ...common, rule: 'sgd', momentum: 0.9 } as const;
    assertNear(await descend({ ...sgd, schedule }, 12), sgdReference(rate, 0.9, 0, 12));
    const adam = { ...common, rule: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.5 } as const;
    assertNear(await descend({ ...adam, schedule }, 12), adamReference(adam, 12, rate));
    const fromTheStart = [{ fromStep: 0, learningRate: 0.03 }, ...schedule];
    assert.deepEqual(
      await descend({ ...sgd, learningRate: 9, schedule: fromTheStart }, 12),
      await descend({ ...sgd, schedule }, 12),
    );
  });
});
