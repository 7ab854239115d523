import { invalidInput } from '../../core/errors.js';
import type { Interval } from '../mma/methods/method-config.js';

/** Of a training. */
export const MAX_STEPS = 100_000_000;

/** One of a list; undefined or empty takes the default. @throws invalid-input */
export function choice<T extends string>(
  field: string,
  value: string | undefined,
  choices: readonly T[],
  byDefault: T,
): T {
  if (value === undefined || value === '') return byDefault;
  const found = choices.find((each) => each === value);
  if (found === undefined) throw invalidInput(field, `one of ${choices.join(', ')}`, quote(value));
  return found;
}

/** A whole number in [least, most]. @throws invalid-input */
export function integer(
  field: string,
  value: number | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  const number = value ?? byDefault;
  if (!Number.isInteger(number) || number < least || number > most)
    throw invalidInput(field, `a whole number from ${least} to ${most}`, String(number));
  return number;
}

/** A whole number in [0, most], where what bounds it has a name. @throws invalid-input */
export function integerUpTo(
  field: string,
  value: number | undefined,
  byDefault: number,
  most: number,
  bound: string,
): number {
  const number = integer(field, value, byDefault, 0, Number.MAX_SAFE_INTEGER);
  if (number > most) throw invalidInput(field, `${bound}, at most ${most}`, String(number));
  return number;
}

/** A finite number in an interval. @throws invalid-input */
export function real(field: string, value: number | undefined, byDefault: number, interval: Interval): number {
  const number = value ?? byDefault;
  const lowEnough = 'above' in interval ? number > interval.above : number >= interval.atLeast;
  const highEnough = 'below' in interval ? number < interval.below : number <= interval.atMost;
  // A NaN is neither above nor below.
  if (!lowEnough || !highEnough) {
    const from = 'above' in interval ? `above ${interval.above}` : `from ${interval.atLeast}`;
    const to = 'below' in interval ? `below ${interval.below}` : `up to ${interval.atMost}`;
    throw invalidInput(field, `a number ${from} and ${to}`, String(number));
  }
  return number;
}

/** A decimal number of up to 64 bits. @throws invalid-input */
export function unsigned64(field: string, value: string): string {
  if (!/^\d{1,20}$/.test(value) || BigInt(value) >= 1n << 64n)
    throw invalidInput(field, 'a whole number from 0 to 2^64 - 1', quote(value));
  return BigInt(value).toString();
}

/** A directory that cannot lead out of the one it is below. @throws invalid-input */
export function relativeDirectory(field: string, value: string | undefined, byDefault: string): string {
  const directory = value === undefined || value === '' ? byDefault : value;
  const segments = directory.split('/');
  if (directory.length > 255 || segments.some((segment) => !/^(?!\.)[A-Za-z0-9._-]{1,100}$/.test(segment))) {
    const expected =
      'a relative directory of letters, digits, dots, dashes and underscores, no segment beginning with a dot';
    throw invalidInput(field, expected, quote(directory));
  }
  return directory;
}

/** A string as an error may show it: quoted, and never longer than a line. */
function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
