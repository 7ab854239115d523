import assert from 'node:assert/strict';
import { planRounds } from '../../../../../../core/margin/attacks/minimum-norm/epsilon-search/epsilon-search-plan.js';

describe('the plan of the search over ε', () => {
  it('spends any budget but for the one gradient of the first ray, and leads towards each class in turn', () => {
    for (let budget = 1; budget <= 1200; budget += budget < 60 ? 1 : 37) {
      const rounds = planRounds(budget, 9);
      assert.equal(
        rounds.reduce((sum, { iterations }) => sum + iterations, 1),
        budget,
      );
      for (const { iterations } of rounds) assert.ok(iterations >= Math.min(budget - 1, 6));
    }
    const ranks = planRounds(1200, 9).flatMap(({ target }) => (target === 'reached' ? [] : [target.rank]));
    assert.equal(new Set(ranks).size, 9);
    assert.deepEqual(new Set(planRounds(1200, 1).map(({ start }) => start)), new Set(['best', 'random']));
  });
});
