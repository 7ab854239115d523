import assert from 'node:assert/strict';
import { memory, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { logitRatio, logitRatioTowards, reachingLogitRatio } from '../../../../core/margin/logit-ratio.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { differences, evaluate } from '../../../support/loss-values.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const descending = (z: readonly number[]): number[] => z.toSorted((a, b) => b - a);

/** (z_t − z_y) / (z_π1 − (z_π3 + z_π4) / 2), in float64, and what stands for it where there are fewer classes. */
function towards(z: readonly number[], y: number, t: number): number {
  const [first, second, third, fourth] = descending(z);
  const difference = z[t]! - z[y]!;
  if (third === undefined) return difference;
  return difference / (first! - (fourth === undefined ? (second! + third) / 2 : (third + fourth) / 2));
}

describe('difference of logits ratio', () => {
  const random = createRandom(9);
  const rowsOf = (classes: number, count = 12) =>
    Array.from({ length: count }, () => Array.from({ length: classes }, () => Math.fround(3 * random.normal())));
  const evaluateTowards = (
    rows: readonly (readonly number[])[],
    labels: readonly number[],
    targets: readonly number[],
  ) => tidy(() => evaluate(logitRatioTowards(tensor1d([...targets], 'int32')), rows, labels));

  before(async () => {
    await openEngine(TEST_ENGINE);
  });

  it('is what one computes by hand', () => {
    // Sorted: 5, 4, 1, 0. Right: (4 − 5) / (5 − 1); wrong: (5 − 4) / (5 − 1), (5 − 0) / (5 − 1).
    const z = [1, 5, 0, 4];
    assert.deepEqual(evaluate(logitRatio, [z, z, z], [1, 3, 2]).values, [-0.25, 0.25, 1.25]);
    // (4 − 5) / (5 − (1 + 0) / 2), (0 − 5) / 4.5, (5 − 4) / 4.5.
    assertClose(evaluateTowards([z, z, z], [1, 1, 3], [3, 2, 1]).values, [-1 / 4.5, -5 / 4.5, 1 / 4.5], 1e-6);
    // The largest other is 5, or 4 where 5 is to be reached.
    assertClose(evaluate(reachingLogitRatio, [z, z], [0, 1]).values, [-4 / 4.5, 1 / 4.5], 1e-6);
  });

  it('of two classes is the logit margin, with its gradient', () => {
    for (const loss of [logitRatio, (...[z, y]: Parameters<typeof logitRatio>) => logitRatioTowards(other(y))(z, y)]) {
      const { values, gradients } = evaluate(loss, [[1, 3]], [1]);
      assert.deepEqual([values, gradients], [[-2], [1, -1]]);
    }
    assert.deepEqual(evaluate(reachingLogitRatio, [[1, 3]], [0]), { values: [-2], gradients: [1, -1] });
  });

  const other = (labels: Parameters<typeof logitRatio>[1]) =>
    tensor1d(
      Array.from(labels.dataSync(), (label) => 1 - label),
      'int32',
    );

  for (const classes of [3, 4, 10]) {
    it(`of ${classes} classes, targeted: values and gradients are those of the definition, and no class is out of reach`, () => {
      const alive = memory().numTensors;
      for (let shift = 1; shift < classes; shift++) {
        const rows = rowsOf(classes);
        const labels = rows.map((z) => z.indexOf(Math.max(...z)));
        const targets = labels.map((label) => (label + shift) % classes);
        const { values, gradients } = evaluateTowards(rows, labels, targets);
        const expected = rows.map((z, i) => towards(z, labels[i]!, targets[i]!));
        assertClose(values, expected, 1e-5);
        const slopes = rows.map((z, i) => differences((at) => towards(at, labels[i]!, targets[i]!), z));
        assertClose(gradients, slopes.flat(), 2e-4);
        for (const [i, slope] of slopes.entries()) assert.ok(Math.hypot(...slope) > 1e-3, `row ${i} has no gradient`);
        const reaching = evaluate(reachingLogitRatio, rows, targets);
        assertClose(reaching.values, expected, 1e-5);
        assertClose(reaching.gradients, slopes.flat(), 2e-4);
      }
      assert.equal(memory().numTensors, alive);
    });

    it(`of ${classes} classes does not change with shifts and scales of the logits`, () => {
      const rows = rowsOf(classes);
      const labels = rows.map((_, i) => i % classes);
      const targets = labels.map((label) => (label + 1) % classes);
      const changed = rows.map((z) => z.map((value) => 64 * value + 16));
      assertClose(evaluate(logitRatio, changed, labels).values, evaluate(logitRatio, rows, labels).values, 1e-4);
      assertClose(
        evaluateTowards(changed, labels, targets).values,
        evaluateTowards(rows, labels, targets).values,
        1e-4,
      );
    });
  }

  it('is finite where logits are equal or huge', () => {
    const rows = [
      [0, 0, 0, 0],
      [3e4, 3e4, 3e4, 3e4],
      [7, 7, 7, -1e8],
      [1e8, -1e8, 0, 1],
    ];
    for (const label of [0, 3]) {
      const labels = rows.map(() => label);
      const all = [evaluate(logitRatio, rows, labels), evaluate(reachingLogitRatio, rows, labels)];
      all.push(
        evaluateTowards(
          rows,
          labels,
          rows.map(() => 1),
        ),
      );
      for (const { values, gradients } of all) assert.ok([...values, ...gradients].every(Number.isFinite));
    }
  });
});
