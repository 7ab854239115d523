import assert from 'node:assert/strict';
import {
  strideAt,
  planSearch,
} from '../../../../../../../core/margin/attacks/minimum-norm/adaptive-pgd/adaptive-pgd-plan.js';

describe('the plan of adaptive PGD', () => {
  it('spends each budget to the last gradient, and never aims at more classes than there are', () => {
    for (const rivals of [0, 1, 2, 9, 99]) {
      for (const budget of [1, 2, 3, 4, 5, 10, 19, 20, 40, 100, 333, 1000]) {
        const { rays, rounds } = planSearch(budget, rivals);
        const spent = rays.length + rounds.reduce((sum, { iterations }) => sum + iterations, 0);
        assert.equal(spent, budget);
        assert.ok(rounds.every(({ iterations }) => iterations > 0));
        assert.ok(rays.length - 1 <= Math.min(rivals, budget < 5 ? budget - 1 : budget / 10));
        for (const aim of [...rays, ...rounds.map((round) => round.rivals)]) {
          assert.ok(typeof aim === 'string' || aim.rank < rivals);
        }
      }
    }
  });

  it('starts with steps across the ball and ends with small ones', () => {
    for (const norm of ['linf', 'l2'] as const) {
      const strides = Array.from({ length: 25 }, (_, index) => strideAt(norm, index, 25));
      assert.ok(strides[0]!.step >= 1 && strides[24]!.step <= 0.011 && strides[24]!.adaptation <= 0.0031);
      assert.ok(strides.every(({ step }, i) => i === 0 || step < strides[i - 1]!.step));
      assert.ok(Number.isFinite(strideAt(norm, 0, 1).step));
    }
  });
});
