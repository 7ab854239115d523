import assert from 'node:assert/strict';

/** Fails where |actual − expected| exceeds `tolerance` · max(1, |expected|). */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length, 'lengths');
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] ?? NaN;
    const e = expected[i] ?? NaN;
    if (!(Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e)))) {
      assert.fail(`element ${i}: expected ${e}, got ${a}, tolerance ${tolerance}`);
    }
  }
}
