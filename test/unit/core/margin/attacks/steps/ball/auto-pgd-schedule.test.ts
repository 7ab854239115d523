import assert from 'node:assert/strict';
import { autoPgdStrides, checkpoints } from '../../../../../../../core/margin/attacks/steps/ball/auto-pgd-schedule.js';

describe("Auto-PGD's schedule", () => {
  it('has the checkpoints of the paper', () => {
    // p: 0, 0.22, then 0.19, 0.16, 0.13, 0.10, 0.07 and 0.06 further each time.
    assert.deepEqual(checkpoints(100), [0, 22, 41, 57, 70, 80, 87, 93, 99]);
    assert.deepEqual(checkpoints(10), [0, 3, 5, 6, 7, 8, 9]);
  });

  it('is sound for any number of iterations', () => {
    for (let iterations = 1; iterations <= 60; iterations++) {
      const strides = autoPgdStrides(iterations);
      assert.equal(strides.length, iterations);
      assert.deepEqual(strides[0], [1, 1, 0], 'nothing is halved before anything has risen');
      let last = 0;
      for (const [iteration, [weight, checkpoint, mustRise]] of strides.entries()) {
        if (iteration === 0) continue;
        assert.equal(weight, 0.75);
        assert.equal(mustRise, checkpoint === 1 ? 0.75 * (iteration - last) : 0);
        if (checkpoint === 1) last = iteration;
      }
    }
  });
});
