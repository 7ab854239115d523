import assert from 'node:assert/strict';

/** Comparisons of whole arrays, for what differs here and there by nature. */
export type Values = ArrayLike<number>;

/** a − b. */
export const difference = (a: Values, b: Values): Float64Array =>
  Float64Array.from(a, (value, i) => value - (b[i] ?? NaN));

/** ‖v‖₂. */
export const length = (values: Values): number => Math.hypot(...Array.from(values));

/** ⟨a, b⟩ / (‖a‖₂ ‖b‖₂). */
export const cosine = (a: Values, b: Values): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0) / (length(a) * length(b));

/** The fraction of elements of which `differs` is true. */
export const fraction = (a: Values, b: Values, differs: (a: number, b: number) => boolean): number =>
  Array.from(a).filter((value, i) => differs(value, b[i] ?? NaN)).length / a.length;

/** Asserts that ‖actual − expected‖₂ ≤ tolerance · ‖expected‖₂. */
export function assertRelative(actual: Values, expected: Values, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  const error = length(difference(actual, expected)) / length(expected);
  assert.ok(error <= tolerance, `${what}: relative error ${error}, expected at most ${tolerance}`);
}
