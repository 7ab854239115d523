import { invalidInput } from '../../errors.js';
import { constant, type Initial } from '../initial.js';
import type { Random } from '../../random.js';
import { sizeOf } from '../../shape.js';

/** An initializer as Keras states it. */
export interface Initializer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, number | string>>;
}

/** A kind of initializer: the numbers and words that it takes with their defaults, and what it fills an array of a shape with. */
interface InitializerKind {
  readonly options: Readonly<Record<string, number | readonly string[]>>;
  /** @param settings at least those of `options` */
  readonly initial: (settings: Settings, shape: readonly number[]) => Initial;
}

interface Settings {
  readonly value: number;
  readonly minval: number;
  readonly maxval: number;
  readonly mean: number;
  readonly stddev: number;
  readonly scale: number;
  readonly gain: number;
  readonly mode: string;
  readonly distribution: string;
}

/** The deviation of a standard normal number that is drawn again until it lies within ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

const KINDS: Readonly<Record<string, InitializerKind>> = {
  Zeros: { options: {}, initial: () => constant(0) },
  Ones: { options: {}, initial: () => constant(1) },
  Constant: { options: { value: 0 }, initial: ({ value }) => constant(value) },
  RandomUniform: {
    options: { minval: -0.05, maxval: 0.05 },
    initial: ({ minval, maxval }) => drawn((random) => minval + (maxval - minval) * random.uniform()),
  },
  RandomNormal: {
    options: { mean: 0, stddev: 0.05 },
    initial: ({ mean, stddev }) => drawn((random) => mean + stddev * random.normal()),
  },
  TruncatedNormal: {
    options: { mean: 0, stddev: 0.05 },
    initial: ({ mean, stddev }) => drawn((random) => mean + stddev * truncatedNormal(random)),
  },
  /** Of variance scale / fan (Glorot and Bengio 2010; He et al. 2015): normal numbers are cut off at ±2 deviations, and that variance is theirs after it. */
  VarianceScaling: {
    options: { scale: 1, mode: ['fan_in', 'fan_out', 'fan_avg'], distribution: ['normal', 'uniform'] },
    initial: ({ scale, mode, distribution }, shape) => {
      const variance = scale / Math.max(1, fan(mode, shape));
      if (distribution === 'normal') {
        const deviation = Math.sqrt(variance) / TRUNCATED_DEVIATION;
        return drawn((random) => deviation * truncatedNormal(random));
      }
      const limit = Math.sqrt(3 * variance);
      return drawn((random) => limit * (2 * random.uniform() - 1));
    },
  },
  Orthogonal: {
    options: { gain: 1 },
    initial:
      ({ gain }, shape) =>
      (_, random) =>
        orthogonal(shape, random).map((value) => gain * value),
  },
  /** Ones where the last index is that of all others together. */
  Identity: {
    options: { gain: 1 },
    initial:
      ({ gain }, shape) =>
      (count) => {
        const columns = shape.at(-1) ?? 1;
        return Float32Array.from({ length: count }, (_, i) => (Math.floor(i / columns) === i % columns ? gain : 0));
      },
  },
};

const scaled = (scale: number, mode: string, distribution: string): Initializer => ({
  class_name: 'VarianceScaling',
  config: { scale, mode, distribution },
});

/** Names that stand for others and their settings. */
const NAMED: Readonly<Record<string, Initializer>> = {
  GlorotUniform: scaled(1, 'fan_avg', 'uniform'),
  GlorotNormal: scaled(1, 'fan_avg', 'normal'),
  HeUniform: scaled(2, 'fan_in', 'uniform'),
  HeNormal: scaled(2, 'fan_in', 'normal'),
  LecunUniform: scaled(1, 'fan_in', 'uniform'),
  LecunNormal: scaled(1, 'fan_in', 'normal'),
};

/**
 * An initializer by name (`glorot_uniform`, `GlorotUniform`) or as `{ class_name, config }`. Seeds in it are not used: a training has its own.
 *
 * @param at what errors call it
 * @throws invalid-input
 */
export function readInitializer(at: string, value: unknown): Initializer {
  const given = typeof value === 'string' ? { class_name: value } : value;
  if (typeof given !== 'object' || given === null) throw invalidInput(at, 'an initializer', JSON.stringify(value));
  const { class_name: snake, className: camel, config } = given as Record<string, unknown>;
  const className = snake ?? camel;
  const name = typeof className === 'string' ? pascalCase(className) : '';
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (named !== undefined) return named;
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    const known = [...Object.keys(NAMED), ...Object.keys(KINDS)].join(', ');
    throw invalidInput(at, `one of ${known}`, JSON.stringify(className));
  }
  const options = typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  const read = Object.entries(kind.options).map(([key, rule]) => [
    key,
    readOption(`${at}: ${key}`, options[key], rule),
  ]);
  return { class_name: name, config: Object.fromEntries(read) as Initializer['config'] };
}

/** What a weight of a shape starts from. */
export function initialOf({ class_name: name, config }: Initializer, shape: readonly number[]): Initial {
  return KINDS[name]?.initial(config as unknown as Settings, shape) ?? constant(0);
}

function readOption(at: string, value: unknown, rule: number | readonly string[]): number | string {
  if (typeof rule === 'number') {
    if (value === undefined || value === null) return rule;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw invalidInput(at, 'a number', JSON.stringify(value));
  }
  if (value === undefined || value === null) return rule[0] ?? '';
  const text = typeof value === 'string' ? value.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : '';
  // What Keras calls normal numbers is cut off, unless it says that it is not.
  const name = text === 'truncated_normal' ? 'normal' : text;
  if (rule.includes(name)) return name;
  throw invalidInput(at, `one of ${rule.join(', ')}`, JSON.stringify(value));
}

const pascalCase = (name: string): string => {
  const pascal = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  // TensorFlow.js writes the C of LeCun large.
  return pascal.replace(/^LeCun/, 'Lecun');
};

const drawn =
  (draw: (random: Random) => number): Initial =>
  (count, random) =>
    Float32Array.from({ length: count }, () => draw(random));

/**
 * A random matrix whose shorter side's vectors have length 1 and are orthogonal (Saxe et al. 2013, arXiv:1312.6120), by Gram-Schmidt; all axes but the
 * last one together are its rows.
 */
function orthogonal(shape: readonly number[], random: Random): Float32Array {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / columns;
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    // Twice: what one pass leaves over by rounding, the second takes away.
    for (const other of [...vectors, ...vectors]) {
      let along = 0;
      for (let i = 0; i < length; i++) along += (vector[i] ?? 0) * (other[i] ?? 0);
      for (let i = 0; i < length; i++) vector[i] = (vector[i] ?? 0) - along * (other[i] ?? 0);
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (rows < columns ? vectors[row]?.[column] : vectors[column]?.[row]) ?? 0;
  });
}

function truncatedNormal(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

/** How many values an element is computed from (fan_in), or goes into (fan_out), or the mean of both; kernels [h, w, in, out] or [in, out]. */
function fan(mode: string, shape: readonly number[]): number {
  const area = sizeOf(shape.slice(0, -2));
  const [fanIn = 1, fanOut = fanIn] = shape.slice(-2).map((extent) => extent * area);
  if (mode === 'fan_in') return fanIn;
  return mode === 'fan_out' ? fanOut : (fanIn + fanOut) / 2;
}
