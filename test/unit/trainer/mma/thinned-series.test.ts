import assert from 'node:assert/strict';
import {
  appended,
  emptySeries,
  MAX_ENTRIES,
  valuesOf,
  type Merge,
  type ThinnedSeries,
} from '../../../../trainer/mma/thinned-series.js';

/** Runs of numbers, as lists of all that they stand for. */
const concatenated: Merge<readonly number[]> = (a, b) => {
  assert.deepEqual([a.value.length, b.value.length], [a.count, b.count]);
  return [...a.value, ...b.value];
};

function seriesOf(count: number, from: ThinnedSeries<readonly number[]> = emptySeries, first = 0) {
  let series = from;
  for (let i = first; i < count; i++) series = appended(series, [i], concatenated);
  return series;
}

describe('a thinned series', () => {
  for (const count of [0, 1, MAX_ENTRIES - 1, MAX_ENTRIES, MAX_ENTRIES + 1, 4 * MAX_ENTRIES + 3, 9999])
    it(`keeps ${count} values, in order and merged evenly, in at most ${MAX_ENTRIES} entries`, () => {
      const entries = valuesOf(seriesOf(count));
      assert.ok(entries.length <= MAX_ENTRIES);
      assert.deepEqual(
        entries.flat(),
        Array.from({ length: count }, (_, i) => i),
      );
      const lengths = new Set(entries.slice(0, -1).map(({ length }) => length));
      assert.ok(lengths.size <= 1);
      // No coarser than it has to be.
      assert.ok(count < MAX_ENTRIES || entries.length >= MAX_ENTRIES / 2);
    });

  it('is the same wherever it was saved and continued', () => {
    const whole = seriesOf(5003);
    for (const at of [1, 1999, 2000, 2001, 4001]) {
      const saved = JSON.parse(JSON.stringify(seriesOf(at))) as ThinnedSeries<readonly number[]>;
      assert.deepEqual(seriesOf(5003, saved, at), whole);
    }
  });
});
