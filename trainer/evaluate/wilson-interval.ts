/** The lower and the upper end of where a fraction lies, 0 to 1. */
export type Interval = readonly [number, number];

/** The 97.5 % quantile of the normal distribution: 95 % lie within ± so many standard deviations. */
const Z = 1.959963984540054;

/**
 * Where a fraction lies at 95 % confidence, given that `fraction` of n examples was seen: Wilson's score interval (Wilson, 1927), the p with
 *
 *     (fraction − p)² ≤ z² p (1 − p) / n
 *
 * Of the mean of numbers from 0 to 1, such as the fraction of several ε that an example withstands, the variance is at most p (1 − p): there
 * the interval holds with at least 95 %.
 *
 * @param fraction 0 to 1
 * @param examples n; of 0 nothing is known, and the answer is [0, 1]
 */
export function wilsonInterval(fraction: number, examples: number): Interval {
  if (!(examples > 0)) return [0, 1];
  const shrink = 1 + Z ** 2 / examples;
  const centre = (fraction + Z ** 2 / (2 * examples)) / shrink;
  const reach = (Z / shrink) * Math.sqrt((fraction * (1 - fraction)) / examples + Z ** 2 / (4 * examples ** 2));
  return [fraction === 0 ? 0 : Math.max(0, centre - reach), fraction === 1 ? 1 : Math.min(1, centre + reach)];
}
