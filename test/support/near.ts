import assert from 'node:assert/strict';

/** Asserts that |actual − expected| ≤ tolerance · max |expected| for every element: rounding scales with the largest of what is summed. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i] ?? 0));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    // Stated so that NaN fails.
    if (!(difference <= tolerance * scale))
      assert.fail(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]} ± ${tolerance * scale}`);
  }
}
