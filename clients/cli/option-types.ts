import { InvalidArgumentError } from 'commander';
import * as fields from '../../core/field.js';

/** What commander calls with the text of an option that is of a kind of field. */
const parser =
  <T>({ schema, read }: fields.Field<T>) =>
  (text: string): T => {
    const parsed = schema.safeParse(read(text));
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`Expected ${parsed.error.issues[0]?.message ?? ''}.`);
  };

/** Parses an integer of at least `least`. */
export const integer = (least: number) => parser(fields.integer({ atLeast: least }));

/** Parses a number of at least `least`. */
export const decimal = (least: number) => parser(fields.real({ atLeast: least }));

/** Parses integers separated by commas, ranges included: `3,5-7`. */
export const integers = (least: number) => parser(fields.integers({ atLeast: least }));

/** Collects an option that may be given more than once. */
export const repeated = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];

/** Parses positive numbers separated by commas, as decimals or fractions: `0.1,8/255`. */
export function numbers(text: string): number[] {
  return text.split(',').map((part) => {
    const [numerator = NaN, denominator = 1, ...more] = part
      .split('/')
      .map((term) => (term.trim() === '' ? NaN : Number(term)));
    const value = numerator / denominator;
    if (more.length > 0 || !Number.isFinite(value) || value <= 0) {
      throw new InvalidArgumentError('Expected positive numbers such as 0.1,8/255.');
    }
    return value;
  });
}

/** Parses which of how many parts: `2/5`. */
export function shardSelection(text: string): { index: number; count: number } {
  const [index = NaN, count = NaN] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).slice(1).map(Number);
  if (!(index >= 1 && index <= count)) throw new InvalidArgumentError('Expected I/N with 1 ≤ I ≤ N.');
  return { index, count };
}
