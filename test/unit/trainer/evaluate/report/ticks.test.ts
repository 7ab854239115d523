import assert from 'node:assert/strict';
import { createRandom } from '../../../../../core/random.js';
import { logarithmicTicks, roundStep, roundTicks } from '../../../../../trainer/evaluate/report/ticks.js';

describe('ticks', () => {
  it('stand at round numbers, without the rounding of sums', () => {
    assert.deepEqual(roundTicks(0, 0.4725, 7).values, [0, 0.1, 0.2, 0.3, 0.4]);
    assert.deepEqual(roundTicks(0, 0.3, 4).values, [0, 0.1, 0.2, 0.3]);
    assert.deepEqual(roundTicks(0, 100, 6).values, [0, 20, 40, 60, 80, 100]);
    assert.deepEqual(roundTicks(-25, 12, 7).values, [-20, -10, 0, 10]);
    assert.deepEqual(roundTicks(0, 20_000, 7).values, [0, 5000, 10_000, 15_000, 20_000]);
  });

  it('are written with as many digits as they need', () => {
    const written = ({ values, text }: ReturnType<typeof roundTicks>): string[] => values.map(text);
    assert.deepEqual(written(roundTicks(0, 0.1, 6)), ['0', '0.02', '0.04', '0.06', '0.08', '0.10']);
    assert.deepEqual(written(roundTicks(-10, 10, 3)), ['−10', '0', '10']);
    assert.deepEqual(written(roundTicks(0, 20_000, 3)), ['0', '10,000', '20,000']);
  });

  it('are never more than asked for, never outside, and at least two wherever a step fits', () => {
    const random = createRandom(1);
    for (let i = 0; i < 2000; i++) {
      const lower = random.normal() * 10 ** random.below(6);
      const upper = lower + random.uniform() * 10 ** (random.below(12) - 6) + 1e-9 * Math.abs(lower);
      const most = 3 + random.below(8);
      const { values } = roundTicks(lower, upper, most);
      const slack = 1e-6 * (upper - lower);
      assert.ok(values.length <= most, `${lower} ${upper} ${most}: ${values.length}`);
      assert.ok(values.every((value) => value >= lower - slack && value <= upper + slack));
      assert.ok(most < 5 || values.length >= 2, `${lower} ${upper} ${most}: ${values.join()}`);
    }
  });

  it('have the next step of 1, 2 or 5 that is large enough', () => {
    assert.deepEqual(roundStep(0.3), { mantissa: 5, exponent: -1 });
    assert.deepEqual(roundStep(0.2), { mantissa: 2, exponent: -1 });
    assert.deepEqual(roundStep(6), { mantissa: 1, exponent: 1 });
  });

  it('have one place where there is no span', () => {
    assert.deepEqual(roundTicks(3, 3, 5).values, [3]);
    assert.equal(roundTicks(0, Infinity, 5).values.length, 1);
  });

  it('stand at powers of ten on logarithmic axes, with 2 and 5 between few of them', () => {
    assert.deepEqual(logarithmicTicks(0.05, 2.3, 6).values, [0.05, 0.1, 0.2, 0.5, 1, 2]);
    assert.deepEqual(logarithmicTicks(1e-4, 10, 6).values, [1e-4, 1e-3, 1e-2, 0.1, 1, 10]);
    const wide = logarithmicTicks(1e-12, 1e12, 6);
    assert.ok(wide.values.length >= 2 && wide.values.length <= 6);
  });
});
