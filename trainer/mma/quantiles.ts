/**
 * Quantiles, linear between the values on either side (Hyndman and Fan 1996, definition 7).
 *
 * @param values at least one, in any order; may be infinite
 * @param levels each in [0, 1]
 */
export function quantilesOf<const Levels extends readonly number[]>(
  values: readonly number[],
  levels: Levels,
): { readonly [Level in keyof Levels]: number };
export function quantilesOf(values: readonly number[], levels: readonly number[]): readonly number[] {
  const ascending = values.toSorted((a, b) => a - b);
  return levels.map((level) => {
    const position = level * (ascending.length - 1);
    const below = Math.floor(position);
    const low = ascending[below] ?? NaN;
    const high = ascending[Math.ceil(position)] ?? NaN;
    // Without the question, infinities would give ∞ − ∞.
    return low === high ? low : low + (high - low) * (position - below);
  });
}

/** The middle of the values, of an even number the mean of the two. @param values at least one, in any order; may be infinite */
export const median = (values: readonly number[]): number => quantilesOf(values, [0.5])[0];
