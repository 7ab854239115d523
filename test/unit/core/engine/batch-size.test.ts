import assert from 'node:assert/strict';
import { filledUp, roundedBatchSize } from '../../../../core/engine/batch-size.js';

describe('batch sizes', () => {
  it('are few', () => {
    const sizes = Array.from({ length: 32 }, (_, i) => roundedBatchSize(i + 1));
    assert.deepEqual([...new Set(sizes)], [1, 2, 4, 8, 16, 24, 32]);
    sizes.forEach((size, i) => {
      assert.ok(size > i);
    });
  });

  it('are filled up with the first', () => {
    assert.deepEqual(filledUp([7, 5, 3]), [7, 5, 3, 7]);
    assert.deepEqual(filledUp([4]), [4]);
  });
});
