import assert from 'node:assert/strict';
import { median, quantilesOf } from '../../../../trainer/mma/quantiles.js';

describe('quantiles', () => {
  it('are those that NumPy gives by default', () => {
    // numpy.quantile([3, 1, 2, 10], [0, .1, .25, .5, .75, .9, 1])
    const found = quantilesOf([3, 1, 2, 10], [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]);
    const expected = [1, 1.3, 1.75, 2.5, 4.75, 7.9, 10];
    found.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 1e-12, found.join());
    });
  });

  it('of one value are that value, of values in order those at their places', () => {
    assert.deepEqual(quantilesOf([7], [0, 0.3, 1]), [7, 7, 7]);
    assert.deepEqual(quantilesOf([0, 1, 2, 3, 4], [0, 0.25, 0.5, 0.75, 1]), [0, 1, 2, 3, 4]);
  });

  it('median: the middle of the values, or of the two in the middle', () => {
    assert.equal(median([5, 1, 3]), 3);
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });

  it('are infinite where a value beside them is', () => {
    assert.deepEqual(quantilesOf([1, Infinity, 2, Infinity, Infinity], [0.25, 0.3, 0.5, 0.9]), [
      2,
      Infinity,
      Infinity,
      Infinity,
    ]);
    assert.equal(median([2, Infinity, 1]), 2);
  });
});
