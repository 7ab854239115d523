import assert from 'node:assert/strict';
import { sparseAutoPgdStrides } from '../../../../../../../core/margin/attacks/steps/ball/sparse-auto-pgd-method.js';

/** [ε of the ball in ε, iterations in it, those of them that are checkpoints]. */
const ballsOf = (iterations: number) => {
  const strides = sparseAutoPgdStrides(iterations);
  return [3, 2, 1].map((fraction) => {
    const own = strides.filter(([, ball]) => ball === fraction);
    return [fraction, own.length, own.flatMap(([checkpoint], index) => (checkpoint === 1 ? [index] : []))];
  });
};
const from1To = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe("Auto-PGD's schedule in l1", () => {
  it('has the published balls of three, two and one ε, and checkpoints every 4 % of the iterations in each', () => {
    // 30, 30 and 40 %, rounded up, up and to what is left; max(⌊0.04 N⌋, 1).
    assert.deepEqual(ballsOf(100), [
      [3, 30, from1To(29)],
      [2, 30, from1To(29)],
      [1, 40, from1To(39)],
    ]);
    assert.deepEqual(ballsOf(250), [
      [3, 75, Array.from({ length: 24 }, (_, i) => 3 * (i + 1))],
      [2, 75, Array.from({ length: 24 }, (_, i) => 3 * (i + 1))],
      [1, 100, Array.from({ length: 24 }, (_, i) => 4 * (i + 1))],
    ]);
    assert.deepEqual(ballsOf(10), [
      [3, 3, [1, 2]],
      [2, 3, [1, 2]],
      [1, 4, [1, 2, 3]],
    ]);
  });

  it('ends within ε, for any number of iterations', () => {
    for (let iterations = 1; iterations <= 60; iterations++) {
      const strides = sparseAutoPgdStrides(iterations);
      assert.equal(strides.length, iterations);
      for (const [index, [, ball, next]] of strides.entries())
        assert.equal(next, strides[index + 1]?.[1] ?? 1, `${ball}`);
      assert.equal(strides.at(-1)![1], 1);
    }
  });
});
