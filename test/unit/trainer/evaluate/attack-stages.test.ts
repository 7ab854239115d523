import assert from 'node:assert/strict';
import { autoAttackStages } from '../../../../trainer/evaluate/attack-stages.js';

/** [attack, runs, gradients or queries of a run over all its targets]. */
const stagesIn = (norm: 'linf' | 'l2' | 'l1') =>
  autoAttackStages(norm).map(({ attack, restarts, evaluations }) => [attack, restarts, evaluations]);

describe("AutoAttack's standard version", () => {
  // Croce and Hein 2020: five runs of APGD-CE, nine target classes of APGD-T and FAB-T, 100 iterations each, 5,000 queries of Square.
  for (const norm of ['linf', 'l2'] as const) {
    it(`has the published budgets (${norm})`, () => {
      assert.deepEqual(stagesIn(norm), [
        ['apgd-ce', 5, 100],
        ['apgd-t', 1, 900],
        ['fab-t', 1, 900],
        ['square', 1, 5000],
      ]);
    });
  }

  // Croce and Hein 2021: the same, but five target classes of APGD-T.
  it('has those of ℓ1', () => {
    assert.deepEqual(stagesIn('l1'), [
      ['apgd-ce', 5, 100],
      ['apgd-t', 1, 500],
      ['fab-t', 1, 900],
      ['square', 1, 5000],
    ]);
  });
});
