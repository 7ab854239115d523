import { z } from 'zod';
import { invalidInput } from './errors.js';
import { oneOf } from './nearest-names.js';

/**
 * A kind of value that people or programs state: as text on a command line or in the environment, as a value of JSON or YAML. The message of
 * every issue of its schema says what was expected.
 */
export interface Field<T> {
  /** What stands for the value in help: `n`; empty for a flag, which takes none. */
  readonly placeholder: string;
  readonly schema: z.ZodType<T>;
  /** What a text says, unchecked: the text itself if it says nothing. */
  readonly read: (text: string) => unknown;
  /** Those of a choice. */
  readonly names?: readonly string[];
}

/** Which numbers are allowed; an end that is not there is open without bound. */
export interface Interval {
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** A finite number in an interval. */
export function real(interval: Interval, placeholder = 'x'): Field<number> {
  const error = expectedNumber('a number', interval);
  return {
    placeholder,
    schema: z.number({ error }).refine((value) => isWithin(value, interval), { error }),
    read: (text) => (text.trim() === '' ? text : orText(Number(text), text)),
  };
}

/** An integer in an interval, of those that a float64 holds exactly. @param expected what a message says was expected */
export function integer(interval: Interval, expected = expectedNumber('an integer', interval)): Field<number> {
  const error = expected;
  return {
    placeholder: 'n',
    schema: z.number({ error }).refine((value) => Number.isSafeInteger(value) && isWithin(value, interval), { error }),
    read: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  };
}

/** An integer of up to 64 bits, as its decimal digits. */
export function unsigned64(): Field<string> {
  const error = 'an integer from 0 to 2^64 - 1';
  const digits = z
    .string({ error })
    .refine((value) => /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n, { error })
    .transform((value) => BigInt(value).toString());
  const number = z.int().min(0).transform(String);
  return { placeholder: 'n', schema: z.union([number, digits], { error }), read: (text) => text };
}

/** One of some names. */
export function choice<const T extends string>(names: readonly T[], expected?: string): Field<T> {
  return {
    placeholder: 'name',
    names,
    schema: z.enum(names as readonly [T, ...T[]], {
      error: ({ input }) => expected ?? oneOf(names, typeof input === 'string' ? input : ''),
    }),
    read: (text) => text,
  };
}

/** Yes or no; on a command line its name alone says yes. */
export function flag(): Field<boolean> {
  return {
    placeholder: '',
    schema: z.boolean({ error: 'true or false' }),
    read: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  };
}

/** Text that fulfils a rule. @param expected the rule in words */
export function text(
  placeholder: string,
  expected = 'some text',
  fulfils: (value: string) => boolean = (value) => value !== '',
): Field<string> {
  return {
    placeholder,
    schema: z.string({ error: expected }).refine(fulfils, { error: expected }),
    read: (value) => value,
  };
}

/** Words, separated by commas where they are text. */
export function words(placeholder: string): Field<readonly string[]> {
  const error = 'words separated by commas';
  return {
    placeholder,
    schema: z.array(z.string({ error }), { error }),
    read: (value) => value.split(',').filter((word) => word !== ''),
  };
}

/** Integers, separated by commas where they are text, ranges included: `3,5-7`. */
export function integers(interval: Interval): Field<readonly number[]> {
  const each = integer(interval);
  return {
    placeholder: 'n,…',
    schema: z.array(each.schema, { error: 'N, N,N,… or N-N' }),
    read: (value) => {
      const ranges = value.split(',').map((part) => part.split(/(?<=\d)-/).map(each.read));
      if (!ranges.every(isRange)) return value;
      return ranges.flatMap(([from, to = from]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    },
  };
}

const isRange = (ends: unknown[]): ends is [number, number?] => {
  const [from, to = from] = ends;
  return ends.length <= 2 && typeof from === 'number' && typeof to === 'number' && from <= to;
};

/**
 * What was stated, checked; a text is read first.
 *
 * @param name what an error calls it
 * @param pathText how an error names a place inside of it: `[0].from_step`
 * @throws invalid-input
 */
export function checked<T>(
  { schema, read }: Pick<Field<T>, 'schema' | 'read'>,
  name: string,
  value: unknown,
  pathText: (path: readonly PropertyKey[]) => string = () => '',
): T {
  const parsed = schema.safeParse(typeof value === 'string' ? read(value) : value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = typeof value === 'string' ? [] : (issue?.path ?? []);
  throw invalidInput(name + pathText(path), issue?.message ?? '', shown(valueAt(value, path)));
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((at: unknown, key) => (at as Record<PropertyKey, unknown>)[key], value);

/** A value as an error may show it: text quoted, and never longer than a line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  const said = typeof value === 'object' ? JSON.stringify(value) : `${value as number}`;
  return said.length > 80 ? `${said.slice(0, 80)}…` : said;
}

const orText = (value: number, said: string): number | string => (Number.isNaN(value) ? said : value);

// A NaN is neither above nor below.
function isWithin(value: number, { above, atLeast, below, atMost }: Interval): boolean {
  const lowEnough = above === undefined ? value >= (atLeast ?? -Infinity) : value > above;
  return lowEnough && (below === undefined ? value <= (atMost ?? Infinity) : value < below);
}

function expectedNumber(noun: string, { above, atLeast, below, atMost }: Interval): string {
  const to = below === undefined ? atMost : undefined;
  if (above === undefined && atLeast !== undefined && to !== undefined) return `${noun} from ${atLeast} to ${to}`;
  const low = above === undefined ? atLeast !== undefined && `from ${atLeast}` : `above ${above}`;
  const high = below === undefined ? to !== undefined && `up to ${to}` : `below ${below}`;
  if (high === false) return above === undefined ? `${noun} of at least ${atLeast ?? 0}` : `${noun} above ${above}`;
  return [noun, [low, high].filter((end) => end !== false).join(' and ')].join(' ');
}
