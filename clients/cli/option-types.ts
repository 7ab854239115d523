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
