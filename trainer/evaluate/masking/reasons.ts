import type { MaskingCheck } from '../evaluation-result.js';

/** What a check saw. */
export type Seen = Omit<MaskingCheck, 'check'>;

/** How the reason of a check begins that was not made. */
export const NOT_MADE = 'Not made: ';

/** Of a check that there is nothing to make with. */
export const notMade = (why: string): Seen => ({ raised: false, reason: `${NOT_MADE}${why}.` });

/** A number for people. */
export const shown = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'none';

/** `3 of 32 inputs`. */
export const selectShards = (part: number, whole: number): string => `${part} of ${whole} inputs`;
