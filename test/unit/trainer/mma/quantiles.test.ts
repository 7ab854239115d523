import assert from 'node:assert/strict';
import { quantilesOf } from '../../../../trainer/mma/quantiles.js';

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
});
