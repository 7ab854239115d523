import assert from 'node:assert/strict';
import { wilsonInterval } from '../../../../trainer/evaluate/wilson-interval.js';

const Z = 1.959963984540054;
const near = (got: number, wanted: number, by = 1e-12) => {
  assert.ok(Math.abs(got - wanted) <= by, `${got} instead of ${wanted}`);
};

describe('Wilson intervals', () => {
  it('end where closed forms say: at 0, at 1 and at a half', () => {
    for (const examples of [1, 7, 100, 10_000]) {
      // (0 − p)² = z² p (1 − p) / n has the roots 0 and z² / (n + z²).
      const [least, most] = wilsonInterval(0, examples);
      assert.equal(least, 0);
      near(most, Z ** 2 / (examples + Z ** 2));
      const [lower, upper] = wilsonInterval(1, examples);
      assert.equal(upper, 1);
      near(lower, examples / (examples + Z ** 2));
      // (½ − p)² = z² p (1 − p) / n: p = ½ ± ½ z / √(n + z²).
      const [below, above] = wilsonInterval(0.5, examples);
      near(below, 0.5 - (0.5 * Z) / Math.sqrt(examples + Z ** 2));
      near(above, 0.5 + (0.5 * Z) / Math.sqrt(examples + Z ** 2));
    }
  });

  it('end at the roots of the equation that defines them, and contain what was seen', () => {
    for (const [seen, examples] of [
      [1, 3],
      [44, 100],
      [76, 200],
      [197, 200],
      [9_999, 10_000],
    ] as const) {
      const fraction = seen / examples;
      const [lower, upper] = wilsonInterval(fraction, examples);
      assert.ok(0 <= lower && lower < fraction && fraction < upper && upper <= 1);
      for (const p of [lower, upper]) near((fraction - p) ** 2, (Z ** 2 * p * (1 - p)) / examples);
    }
  });

  it('are those that are published', () => {
    // Newcombe (1998), Table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
    const published = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [seen, examples, lower, upper] of published) {
      const got = wilsonInterval(seen / examples, examples);
      near(got[0], lower, 5e-5);
      near(got[1], upper, 5e-5);
    }
  });

  it('know nothing without examples', () => {
    assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
    assert.deepEqual(wilsonInterval(NaN, 0), [0, 1]);
  });
});
