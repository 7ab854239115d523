import { isDeepStrictEqual } from 'node:util';
import { invalidInput } from '../../errors.js';
import { ACTIVATION_NAMES, type ActivationName } from './activations.js';
import { readInitializer, type Initializer } from './initializers.js';

/** The options in the configuration of a Keras layer, each asked for by Keras' name; `conv_size` is also found as `convSize`. */
export interface KerasOptions {
  /** An integer from `least` on; without a default it must be there. */
  integer(key: string, least: number, byDefault?: number): number;
  real(key: string, byDefault: number): number;
  boolean(key: string, byDefault: boolean): boolean;
  /** Two integers from 1 on, or one that stands for both. */
  pair(key: string, byDefault?: readonly [number, number]): readonly [number, number];
  /** Integers, or one alone. */
  integers(key: string, byDefault?: readonly number[]): readonly number[];
  /** One axis, alone or in a list: newer files have it in one. */
  axis(key: string): number;
  choice<T extends string>(key: string, choices: readonly T[], byDefault: T): T;
  activation(key: string): ActivationName;
  initializer(key: string, byDefault: string): Initializer;
  /** Rows and columns at the top, bottom, left and right. */
  borders(key: string, byDefault: number): Borders;
  /** An option of which one value is known, which is also its default: others are refused. */
  only(key: string, value: unknown): void;
  /** An option that Keras writes and does not use. */
  unused(key: string): void;
}

export type Borders = readonly [readonly [number, number], readonly [number, number]];

/** Options that every layer may have and that change nothing here: Keras' own training is not what trains. */
const IGNORED =
  /^(name|dtype|trainable|batch_input_shape|batch_shape|input_shape|rank|.*_(regularizer|constraint)|seed)$/;

const MAX_INTEGER = 65536;

const SENTINEL = Symbol('absent');

/**
 * Reads a layer's configuration.
 *
 * @param layer what errors call it
 * @param read asks for all that is known
 * @throws invalid-input naming the layer and the option: one that is wrong, or one that nothing asked for and that is not null
 */
export function readOptions<C>(
  layer: string,
  config: Readonly<Record<string, unknown>>,
  read: (o: KerasOptions) => C,
): C {
  const left = new Map(Object.entries(config).map(([key, value]) => [snakeCase(key), value]));
  const take = (key: string): unknown => {
    const value = left.get(key) ?? SENTINEL;
    left.delete(key);
    return value;
  };
  const refuse = (key: string, expected: string, got: unknown): never => {
    throw invalidInput(`${layer}: ${key}`, expected, got === SENTINEL ? 'none' : shorten(got));
  };
  const integerOf = (key: string, value: unknown, least: number): number =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_INTEGER
      ? (value as number)
      : refuse(key, `an integer from ${least} to ${MAX_INTEGER}`, value);
  const listOf = (key: string, value: unknown, least: number): readonly number[] =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).map((each) => integerOf(key, each, least));
  const pairOf = (key: string, value: unknown, least: number): readonly [number, number] => {
    const [first = 0, second = first, ...more] = listOf(key, value, least);
    return more.length === 0 ? [first, second] : refuse(key, 'one or two integers', value);
  };
  const absent = (value: unknown): boolean => value === SENTINEL;
  const options: KerasOptions = {
    integer: (key, least, byDefault) => {
      const value = take(key);
      return absent(value) && byDefault !== undefined ? byDefault : integerOf(key, value, least);
    },
    real: (key, byDefault) => {
      const value = take(key);
      if (absent(value)) return byDefault;
      return typeof value === 'number' && Number.isFinite(value) ? value : refuse(key, 'a number', value);
    },
    boolean: (key, byDefault) => {
      const value = take(key);
      if (absent(value)) return byDefault;
      return typeof value === 'boolean' ? value : refuse(key, 'true or false', value);
    },
    pair: (key, byDefault) => {
      const value = take(key);
      return absent(value) && byDefault !== undefined ? byDefault : pairOf(key, value, 1);
    },
    integers: (key, byDefault) => {
      const value = take(key);
      return absent(value) && byDefault !== undefined ? byDefault : listOf(key, value, -8);
    },
    axis: (key) => {
      const [axis = -1, ...more] = options.integers(key, [-1]);
      return more.length === 0 ? axis : refuse(key, 'one axis', [axis, ...more]);
    },
    choice: (key, choices, byDefault) => {
      const value = take(key);
      if (absent(value)) return byDefault;
      const name = typeof value === 'string' ? snakeCase(value) : value;
      return choices.find((choice) => choice === name) ?? refuse(key, `one of ${choices.join(', ')}`, value);
    },
    activation: (key) => options.choice(key, ACTIVATION_NAMES, 'linear'),
    initializer: (key, byDefault) => {
      const value = take(key);
      return readInitializer(`${layer}: ${key}`, absent(value) ? byDefault : value);
    },
    borders: (key, byDefault) => {
      const value = take(key);
      const [rows, columns = rows, ...more] = absent(value)
        ? [byDefault]
        : Array.isArray(value)
          ? (value as unknown[])
          : [value];
      if (more.length > 0) refuse(key, 'rows and columns', value);
      return [pairOf(key, rows, 0), pairOf(key, columns, 0)];
    },
    only: (key, value) => {
      const given = take(key);
      if (!absent(given) && !isDeepStrictEqual(given, value)) refuse(key, shorten(value), given);
    },
    unused: take,
  };
  const result = read(options);
  for (const [key, value] of left) {
    if (!IGNORED.test(key) && value !== null) refuse(key, 'no option that is not known', value);
  }
  return result;
}

/** `kernelSize` as `kernel_size`. */
export const snakeCase = (key: string): string =>
  key.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value for people. */
export function shorten(value: unknown): string {
  const text = (JSON.stringify(value) as string | undefined) ?? 'none';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
