import assert from 'node:assert/strict';
import { dispose, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { mlp } from '../../../../core/model/mlp.js';
import { buildModel } from '../../../../core/model/model.js';
import { initialWeights, toTensors } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';
import { evaluatedClassifier, type EvaluatedClassifier, type Member } from '../../../../trainer/evaluate/classifier.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SHAPE = [3, 3, 1] as const;

function member(
  seed: number,
  sizes: readonly number[],
  classes = 3,
  shape: readonly [number, number, number] = SHAPE,
  labels = Array.from({ length: classes }, (_, label) => `${label}`),
): Member {
  const model = buildModel(mlp(sizes, shape, classes));
  return { title: `m ${seed}`, model, weights: initialWeights(model, createRandom(seed)), labels };
}

describe('the classifier that is evaluated', () => {
  let engine: Engine;
  before(async () => (engine = await openEngine(TEST_ENGINE)));

  const inputs = createRandom(3).uniforms(4 * 9);

  async function logits({ apply, weights }: EvaluatedClassifier): Promise<number[][]> {
    const { numTensors } = engine.memory();
    const tensors = toTensors(weights);
    const x = tensor4d(inputs, [4, ...SHAPE]);
    const compiled = engine.compile((at: TensorMap, points: Tensor4D): Tensor2D => apply(at, points));
    const z = tidy(() => compiled(tensors, x));
    const rows = await z.array();
    dispose([x, z]);
    dispose(tensors);
    assert.equal(engine.memory().numTensors, numTensors);
    return rows;
  }

  const softmax = (row: readonly number[]): number[] => {
    const sum = row.reduce((total, value) => total + Math.exp(value), 0);
    return row.map((value) => Math.exp(value) / sum);
  };

  it('of one model answers with its logits', async () => {
    const only = member(1, [5]);
    const own = await logits({
      apply: (weights, x) => only.model.apply(weights, weights, x, false).logits,
      weights: only.weights,
      inputShape: SHAPE,
      classes: 3,
    });
    assert.deepEqual(await logits(evaluatedClassifier([only])), own);
  });

  it('of several answers with the logarithm of their mean probabilities, whatever their architectures', async () => {
    const members = [member(1, [5]), member(2, [4, 6]), member(3, [])];
    const each: number[][][] = [];
    for (const one of members) each.push(await logits(evaluatedClassifier([one])));
    const together = await logits(evaluatedClassifier(members));
    for (const [row, z] of together.entries()) {
      const probabilities = each.map((rows) => softmax(rows[row] ?? []));
      for (const [label, value] of z.entries()) {
        const mean = probabilities.reduce((sum, own) => sum + (own[label] ?? NaN), 0) / 3;
        assert.ok(Math.abs(Math.exp(value) - mean) < 1e-6, `${row}, ${label}: ${Math.exp(value)}, expected ${mean}`);
      }
    }
  });

  it('of members whose classes come in another order takes those of the same names together', async () => {
    const [cats, dogs] = [
      member(1, [5], 3, SHAPE, ['ant', 'cat', 'dog']),
      member(2, [4], 3, SHAPE, ['dog', 'ant', 'cat']),
    ];
    const [own, theirs] = [await logits(evaluatedClassifier([cats])), await logits(evaluatedClassifier([dogs]))];
    const together = await logits(evaluatedClassifier([cats, dogs]));
    for (const [row, z] of together.entries()) {
      const [a, b] = [softmax(own[row] ?? []), softmax(theirs[row] ?? [])];
      // ant, cat, dog are the classes 1, 2, 0 of the second.
      const mean = [1, 2, 0].map((at, label) => ((a[label] ?? NaN) + (b[at] ?? NaN)) / 2);
      for (const [label, value] of z.entries()) assert.ok(Math.abs(Math.exp(value) - (mean[label] ?? NaN)) < 1e-6);
    }
  });

  it('refuses members that do not fit each other, by name', () => {
    assert.throws(
      () => evaluatedClassifier([member(1, [4], 3, SHAPE, ['a', 'b', 'c']), member(2, [4], 3, SHAPE, ['a', 'b', 'd'])]),
      { kind: 'invalid-input', message: 'the classes of m 2 are not those of m 1: a, b, d (3) and a, b, c (3)' },
    );
    assert.throws(() => evaluatedClassifier([]), { kind: 'invalid-input' });
    assert.throws(() => evaluatedClassifier([member(1, [4]), member(2, [4], 4)]), {
      kind: 'invalid-input',
      message: 'ensemble: m 2: expected 3 classes as m 1, got 4',
    });
    assert.throws(() => evaluatedClassifier([member(1, [4]), member(2, [4], 3, [3, 4, 1])]), {
      kind: 'invalid-input',
      message: 'ensemble: m 2: expected inputs of 3 × 3 × 1 as m 1, got 3 × 4 × 1',
    });
  });
});
