import { InvalidArgumentError } from 'commander';

/** Parses an integer of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
    }
    return value;
  };
}

/** Parses a number of at least `least`. */
export function decimal(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least) {
      throw new InvalidArgumentError(`Expected a number of at least ${least}.`);
    }
    return value;
  };
}

/** Parses integers separated by commas, ranges included: `3,5-7`. */
export function integers(least: number): (text: string) => number[] {
  return (text) =>
    text.split(',').flatMap((part) => {
      const [from, to = from] = part.split(/(?<=\d)-/).map(integer(least));
      if (from === undefined || to === undefined || to < from)
        throw new InvalidArgumentError('Expected N, N,N,… or N-N.');
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

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
export function share(text: string): { index: number; count: number } {
  const [index = NaN, count = NaN] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).slice(1).map(Number);
  if (!(index >= 1 && index <= count)) throw new InvalidArgumentError('Expected I/N with 1 ≤ I ≤ N.');
  return { index, count };
}
