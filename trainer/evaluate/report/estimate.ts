import { wilsonInterval, type Interval } from '../wilson-interval.js';
import { markup, type Child } from './markup.js';
import { interval, percent } from './numbers.js';

/** A share that was measured, with the interval below it in small; a dash where it was not. */
export function estimate(share: number, bounds: Interval): Child {
  return Number.isFinite(share) ? markup`${percent(share)}<small>${interval(bounds)}</small>` : percent(share);
}

/** The same of a share of so many examples. */
export const estimateOf = (share: number, examples: number): Child => estimate(share, wilsonInterval(share, examples));
