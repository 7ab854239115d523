import assert from 'node:assert/strict';
import { add, dispose, floor, memory, mul, sub, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { WeightedClassifier } from '../../../../core/margin/attack-steps.js';
import { largestLogit, readLogits } from '../../../../core/margin/host-logits.js';
import type { Norm } from '../../../../core/margin/threat-model.js';
import { classifierOf } from '../../../../core/model/classifier.js';
import { importSafetensors } from '../../../../core/model/import-weights.js';
import { buildModel } from '../../../../core/model/model.js';
import { toTensors } from '../../../../core/model/weights.js';
import { maskingChecks, type MaskingRequest } from '../../../../trainer/evaluate/masking-checks.js';
import { goldenFiles } from '../../../support/golden.js';
import { linearCase, linearClassifier, linearTensors } from '../../../support/linear-classifier.js';
import { perceptron, perceptronTensors } from '../../../support/small-classifiers.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const COUNT = 6;
const EVERY = ['attacks-disagree', 'gradient-free-stronger', 'not-zero-at-huge-epsilon', 'zero-gradients'];
const EPSILON: Readonly<Record<Norm, number>> = { linf: 0.1, l2: 0.5 };

/** The logits in steps: their gradients are 0. */
const staircase: WeightedClassifier = (weights, x) => mul<Tensor2D>(floor(mul(perceptron(weights, x), 5)), 0.2);

/** So confident that the cross entropy is 0, and the margin far below −50. */
const saturated: WeightedClassifier = (weights, x) => mul<Tensor2D>(perceptron(weights, x), 1e4);

/** Steps that slope a little the other way: gradients point away from the boundary. */
const slanted: WeightedClassifier = (weights, x) =>
  sub<Tensor2D>(staircase(weights, x), mul(perceptron(weights, x), 0.05));

describe('masking checks', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  let spent = { gradientEvaluations: 0, forwardEvaluations: 0 };
  /** The checks by name, of a classifier whose labels are its own answers, unless others are given. */
  const checked = async (
    norm: Norm,
    classifier: WeightedClassifier,
    { weights, inputs }: { readonly weights: TensorMap; readonly inputs: Tensor4D },
    more: Partial<MaskingRequest> = {},
  ) => {
    const { rows } = await readLogits(tidy(() => classifier(weights, inputs)));
    const alive = memory().numTensors;
    try {
      const { checks, gradientEvaluations, forwardEvaluations } = await maskingChecks({
        ...{ engine, classifier, weights, inputs, epsilon: EPSILON[norm], seed: 3n },
        labels: rows.map(largestLogit),
        threat: { norm, bounds: { lower: 0, upper: 1 } },
        ...more,
      });
      spent = { gradientEvaluations, forwardEvaluations };
      return Object.fromEntries(checks.map(({ check, ...seen }) => [check, seen]));
    } finally {
      assert.equal(memory().numTensors, alive, 'tensors are left over');
      dispose(weights);
      inputs.dispose();
    }
  };
  const raised = (checks: Awaited<ReturnType<typeof checked>>): string[] =>
    Object.keys(checks)
      .filter((check) => checks[check]!.raised)
      .toSorted();
  const reasons = (checks: Awaited<ReturnType<typeof checked>>): string => JSON.stringify(checks, null, 1);

  // One norm each: what takes its time is to compile all the attacks.
  for (const [kind, norm, classifier, tensors] of [
    ['perceptron', 'linf', perceptron, () => perceptronTensors(1, COUNT)],
    ['linear model', 'l2', linearClassifier, () => linearTensors(linearCase(1, 3, COUNT, 0.2, 0.8))],
  ] as const) {
    it(`${norm}: a ${kind} raises none`, async () => {
      const checks = await checked(norm, classifier, tensors());
      assert.deepEqual(raised(checks), [], reasons(checks));
      assert.deepEqual(Object.keys(checks).toSorted(), EVERY);
    });
  }

  it('of a staircase gradients are zero, attacks along them fail at any ε, and those without them do not', async () => {
    const checks = await checked('linf', staircase, perceptronTensors(1, COUNT));
    assert.deepEqual(raised(checks), EVERY, reasons(checks));
    assert.match(checks['zero-gradients']!.reason, /margin is zero at 6 of 6 inputs/);
    // Two gradients of each input, 50 of PGD on two losses that break nothing, 50 of three attacks and of one towards at most nine classes, again
    // without success, and five searches of at most 100.
    const atLeast = COUNT * (2 + 2 * 50 + 3 * 50 + 50);
    const atMost = COUNT * (2 + 2 * 50 + 3 * 50 + 9 * 50 + 5 * 100);
    const { gradientEvaluations, forwardEvaluations } = spent;
    assert.ok(gradientEvaluations >= atLeast && gradientEvaluations <= atMost, `${gradientEvaluations} gradients`);
    // Square meets all of them.
    assert.ok(forwardEvaluations >= COUNT * 1000, `${forwardEvaluations} answers`);
  });

  it('logits times 10,000 change nothing, but that the gradient of the cross entropy is said to be lost', async () => {
    const checks = await checked('linf', saturated, perceptronTensors(1, COUNT));
    assert.deepEqual(raised(checks), [], reasons(checks));
    assert.match(checks['zero-gradients']!.reason, /At 6 others that of the cross entropy is zero/);
  });

  it('steps that slope the other way have gradients, which point away from the boundary', async () => {
    const checks = await checked('l2', slanted, perceptronTensors(1, COUNT));
    const expected = ['attacks-disagree', 'gradient-free-stronger', 'not-zero-at-huge-epsilon'];
    assert.deepEqual(raised(checks), expected, reasons(checks));
  });

  for (const golden of goldenFiles('lenet')) {
    it(`a trained LeNet raises none: ${golden.name}`, async () => {
      const { architecture, weights } = importSafetensors('lenet', golden.bytes);
      const model = buildModel(architecture);
      const first = Number(golden.tensor('correct').data[1]);
      const images = golden.tensor('images').data.subarray(first * 784, (first + 2) * 784);
      const checks = await checked(
        'linf',
        classifierOf(model),
        { weights: toTensors(weights), inputs: tensor4d(Float32Array.from(images), [2, 28, 28, 1]) },
        { labels: Array.from(golden.tensor('labels').data.subarray(first, first + 2)) },
      );
      assert.deepEqual(raised(checks), [], reasons(checks));
    });
  }

  it('expects no other class at a huge ε of a model that may know one alone', async () => {
    const tensors = perceptronTensors(1, 1);
    const more = { epsilon: 1e-3 };
    const checks = await checked(
      'linf',
      (at, x) => add(mul<Tensor2D>(perceptron(at, x), 1e-3), [[9, 0, 0, 0]]),
      tensors,
      more,
    );
    assert.deepEqual(checks['not-zero-at-huge-epsilon'], {
      raised: false,
      reason: 'Not made: all inputs have one class, so that no image of another one is known to be within reach.',
    });
  });

  it('says what there was nothing to look at for', async () => {
    const tensors = perceptronTensors(1, 4);
    const { rows } = await readLogits(tidy(() => perceptron(tensors.weights, tensors.inputs)));
    const wrong = rows.map((row) => (largestLogit(row) + 1) % 4);
    const checks = await checked('linf', perceptron, tensors, { labels: wrong });
    assert.deepEqual(spent, { gradientEvaluations: 0, forwardEvaluations: 0 });
    assert.deepEqual(Object.keys(checks).toSorted(), EVERY);
    for (const seen of Object.values(checks)) {
      assert.deepEqual(seen, { raised: false, reason: 'Not made: no input is classified correctly.' });
    }
  });

  it('tells its progress, and ends with an error when it is told to', async () => {
    const shares: number[] = [];
    let asked = 0;
    const more = {
      epsilon: 1e-3,
      shouldContinue: () => ++asked > 0,
      onProgress: (fraction: number) => shares.push(fraction),
    };
    await checked('linf', perceptron, perceptronTensors(2, 2, 2), more);
    assert.deepEqual(shares, [0.25, 0.5, 0.75, 1]);
    for (const last of [0, 3, asked - 1]) {
      let left = last;
      const stopped = checked('linf', perceptron, perceptronTensors(2, 2, 2), {
        ...more,
        shouldContinue: () => left-- > 0,
      });
      await assert.rejects(stopped, { kind: 'cancelled' });
    }
  });

  it('refuses what it cannot check, naming the field', async () => {
    const given = (): ReturnType<typeof perceptronTensors> => perceptronTensors(1, 4);
    await assert.rejects(checked('linf', perceptron, given(), { epsilon: 0 }), /^DomainError: epsilon: /);
    await assert.rejects(
      checked('linf', perceptron, given(), { labels: [0] }),
      /labels: expected one for each of 4 inputs, got 1/,
    );
  });
});
