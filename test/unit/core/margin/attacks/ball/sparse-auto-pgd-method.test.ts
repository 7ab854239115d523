import assert from 'node:assert/strict';
import { sparseAutoPgdStrides } from '../../../../../../core/margin/attacks/ball/sparse-auto-pgd-method.js';

describe("Auto-PGD's schedule in l1", () => {
  it('has a checkpoint every 4 % of the iterations, but none at the start', () => {
    const at = (iterations: number): number[] =>
      sparseAutoPgdStrides(iterations).flatMap(([checkpoint], iteration) => (checkpoint === 1 ? [iteration] : []));
    assert.deepEqual(
      at(100),
      Array.from({ length: 24 }, (_, i) => 4 * (i + 1)),
    );
    assert.deepEqual(at(30), [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28]);
    assert.deepEqual(at(3), [1, 2]);
    for (let iterations = 1; iterations <= 60; iterations++) {
      assert.equal(sparseAutoPgdStrides(iterations).length, iterations);
    }
  });
});
