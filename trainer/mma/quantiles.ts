/**
 * Quantiles, linear between the values on either side (Hyndman and Fan 1996, definition 7).
 *
 * @param values at least one, in any order
 * @param levels each in [0, 1]
 */
export function quantilesOf(values: readonly number[], levels: readonly number[]): readonly number[] {
  const ascending = values.toSorted((a, b) => a - b);
  return levels.map((level) => {
    const position = level * (ascending.length - 1);
    const below = Math.floor(position);
    const [low = 0, high = low] = ascending.slice(below, below + 2);
    return low + (high - low) * (position - below);
  });
}
