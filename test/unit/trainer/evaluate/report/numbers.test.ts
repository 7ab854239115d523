import assert from 'node:assert/strict';
import { distanceUnit } from '../../../../../trainer/evaluate/report/distance-unit.js';
import {
  count,
  duration,
  interval,
  percent,
  points,
  significant,
  signed,
} from '../../../../../trainer/evaluate/report/numbers.js';

describe('numbers of a report', () => {
  it('have as many digits as they mean', () => {
    assert.equal(count(1_234_567), '1,234,567');
    assert.equal(percent(0.98449), '98.4\u202f%');
    assert.equal(significant(0.034712), '0.0347');
    assert.equal(significant(2.1549), '2.15');
    assert.equal(significant(999.7), '1,000');
    assert.equal(significant(-1.234e-7), '−1.23e−7');
    assert.equal(significant(0), '0');
  });

  it('say with a sign which way a difference goes, and none where there is none', () => {
    assert.equal(points(0.017), '+1.7 points');
    assert.equal(points(-0.009), '−0.9 points');
    assert.equal(points(-0.0001), '0.0 points');
    assert.equal(signed('−0.012'), '−0.012');
  });

  it('are a dash where there is no number: JSON writes null for NaN', () => {
    const missing = null as unknown as number;
    for (const format of [count, percent, points, significant, duration])
      for (const value of [NaN, Infinity, missing]) assert.equal(format(value), '–');
  });

  it('tell times in the units that people use', () => {
    assert.equal(duration(0.213), '0.21 s');
    assert.equal(duration(41.4), '41 s');
    assert.equal(duration(192), '3 min 12 s');
    assert.equal(duration(3599.7), '1 h 0 min');
    assert.equal(duration(5391), '1 h 30 min');
  });

  it('write an interval of shares with one sign of per cent', () => {
    assert.equal(interval([0.2553, 0.3662]), '25.5–36.6\u202f%');
    assert.equal(interval([NaN, 1]), '–');
  });
});

describe('the unit of distances', () => {
  it('is 1/255 where ε are pixel values', () => {
    const unit = distanceUnit([4 / 255, 8 / 255]);
    assert.equal(unit.epsilon(8 / 255), '8/255');
    assert.equal(unit.distance(8.126 / 255), '8.13/255');
    assert.equal(unit.difference(-2.5 / 255), '−2.5/255');
    assert.equal(unit.epsilon(33.6 / 255), '33.6/255');
  });

  it('is 1 where they are decimals, though 0.2 is 51/255', () => {
    const unit = distanceUnit([0.2, 0.4]);
    assert.equal(unit.epsilon(0.2), '0.2');
    assert.equal(unit.epsilon(0.4725), '0.4725');
    assert.equal(unit.distance(0.4), '0.400');
    assert.equal(distanceUnit([]).perUnit, 1);
  });
});
