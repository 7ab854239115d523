import assert from 'node:assert/strict';
import { autoAttackStages } from '../../../../trainer/evaluate/attack-stages.js';

/** [attack, runs, gradients or queries of a run over all its targets]. */
const stagesIn = (norm: 'linf' | 'l2' | 'l1') =>
  autoAttackStages(norm).map(({ attack, restarts, evaluations }) => [attack, restarts, evaluations]);

describe("AutoAttack's standard version", () => {
  // The readme of its public implementation: "untargeted APGD-CE (no restarts), targeted APGD-DLR (9 target classes), targeted FAB (9 target classes),
  // Square Attack (5000 queries)", 100 iterations each.
  for (const norm of ['linf', 'l2'] as const) {
    it(`has the published budgets (${norm})`, () => {
      assert.deepEqual(stagesIn(norm), [
        ['apgd-ce', 1, 100],
        ['apgd-t', 1, 900],
        ['fab-t', 1, 900],
        ['square', 1, 5000],
      ]);
    });
  }

  // The same implementation's version 'standard' for L1: five restarts of APGD-CE, five target classes of APGD-DLR.
  it('has those of ℓ1', () => {
    assert.deepEqual(stagesIn('l1'), [
      ['apgd-ce', 5, 100],
      ['apgd-t', 1, 500],
      ['fab-t', 1, 900],
      ['square', 1, 5000],
    ]);
  });
});
