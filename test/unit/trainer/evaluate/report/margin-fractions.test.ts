import assert from 'node:assert/strict';
import { createRandom } from '../../../../../core/random.js';
import type { MarginStatus } from '../../../../../core/margin/margin-search.js';
import {
  marginFractions,
  roundEdges,
  fractionBeyond,
} from '../../../../../trainer/evaluate/report/margin-fractions.js';

const at = (status: MarginStatus, distance: number): { status: MarginStatus; distance: number } => ({
  status,
  distance,
});

describe('shares of margins', () => {
  it('are counted above a lower edge, up to an upper one, with what is wrong or was not found apart', () => {
    const margins = [
      at('misclassified', 0),
      at('found', 0.1),
      at('found', 0.11),
      at('found', 0.3),
      at('not-found', 0.3),
    ];
    assert.deepEqual(marginFractions(margins, [0, 0.1, 0.2, 0.3]), {
      misclassified: 0.2,
      bins: [0.2, 0.2, 0.2],
      notFound: 0.2,
    });
  });

  it('add up to one, whatever the distances', () => {
    const random = createRandom(3);
    const statuses = ['found', 'misclassified', 'not-found'] as const;
    const margins = Array.from({ length: 500 }, () => at(statuses[random.below(3)]!, random.uniform() * 0.5));
    const { misclassified, bins, notFound } = marginFractions(margins, roundEdges(0.4));
    assert.ok(Math.abs(misclassified + notFound + bins.reduce((sum, bin) => sum + bin, 0) - 1) < 1e-12);
  });

  it('have edges at round numbers that reach as far as the longest search', () => {
    assert.deepEqual(roundEdges(0.4725).slice(0, 4), [0, 0.02, 0.04, 0.06]);
    for (const upper of [0.4725, 2.1, 0.3, 33.6, 1e-3]) {
      const edges = roundEdges(upper);
      assert.ok(edges.at(-1)! >= upper * (1 - 1e-9) && edges.at(-2)! < upper && edges.length <= 25);
    }
    assert.ok(Math.abs(roundEdges(33.6 / 255, 1 / 255)[1]! * 255 - 2) < 1e-12);
  });

  it('say of robust accuracy how many margins are longer than ε, and nothing beyond the search', () => {
    const margins = [at('misclassified', 0), at('found', 0.1), at('found', 0.2), at('not-found', 0.3)];
    assert.equal(fractionBeyond(margins, 0, 0.3), 0.75);
    assert.equal(fractionBeyond(margins, 0.1, 0.3), 0.5);
    assert.equal(fractionBeyond(margins, 0.3, 0.3), 0.25);
    assert.ok(Number.isNaN(fractionBeyond(margins, 0.31, 0.3)));
    assert.ok(Number.isNaN(fractionBeyond([], 0.1, 0.3)));
  });
});
