import { wilsonInterval, type Interval } from '../wilson-interval.js';
import { markup, type Child } from './markup.js';
import { interval, percent } from './numbers.js';

/** A fraction that was measured, with the interval below it in small; a dash where it was not. */
export function estimate(fraction: number, bounds: Interval): Child {
  return Number.isFinite(fraction) ? markup`${percent(fraction)}<small>${interval(bounds)}</small>` : percent(fraction);
}

/** The same of a fraction of so many examples. */
export const estimateOf = (fraction: number, examples: number): Child =>
  estimate(fraction, wilsonInterval(fraction, examples));
