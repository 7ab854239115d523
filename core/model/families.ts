import { invalidInput } from '../errors.js';
import type { Architecture } from './architecture.js';
import { cnn } from './cnn.js';
import { LENET5, lenet } from './lenet.js';
import { mlp } from './mlp.js';
import { wrn } from './wrn.js';

export const FAMILY_NAMES = ['lenet', 'wrn', 'mlp', 'cnn'] as const;
export type FamilyName = (typeof FAMILY_NAMES)[number];

/** A network of a family, by its sizes; plain JSON. */
export interface SizedFamily {
  readonly name: FamilyName;
  readonly sizes: readonly number[];
}

/** What one of a family's sizes may be. */
interface SizeRule {
  readonly expected: string;
  readonly fits: (size: number) => boolean;
}

interface Family {
  /** What the sizes are, for people. */
  readonly sizes: string;
  readonly byDefault: readonly number[];
  /** The rule of the size at an index of so many; undefined: there may not be so many. */
  readonly rule: (index: number, count: number) => SizeRule | undefined;
  readonly build: (sizes: readonly number[], inputShape: Architecture['inputShape'], classes: number) => Architecture;
}

const upTo = (most: number, what: string): SizeRule => ({
  expected: `a number of ${what} from 1 to ${most}`,
  fits: (size) => size >= 1 && size <= most,
});

const FILTERS = upTo(1024, 'filters');
const UNITS = upTo(8192, 'hidden units');
const WIDTH: SizeRule = { expected: 'a width from 1 to 64', fits: (size) => size >= 1 && size <= 64 };
const DEPTH: SizeRule = {
  expected: 'a depth of 6n + 4: 10, 16, 22, 28, … up to 1000',
  fits: (size) => size >= 10 && size <= 1000 && size % 6 === 4,
};

/** Deeper ones would have images of one pixel, or no purpose. */
const MAX_STAGES = 8;

const FAMILIES: Readonly<Record<FamilyName, Family>> = {
  lenet: {
    sizes: 'filters, filters, hidden units',
    byDefault: [LENET5.conv1, LENET5.conv2, LENET5.hidden],
    rule: (index, count) => (count !== 3 ? undefined : index < 2 ? FILTERS : UNITS),
    build: ([conv1 = 0, conv2 = 0, hidden = 0], ...rest) => lenet({ conv1, conv2, hidden }, ...rest),
  },
  wrn: {
    sizes: 'depth, width',
    byDefault: [28, 4],
    rule: (index, count) => (count !== 2 ? undefined : index === 0 ? DEPTH : WIDTH),
    build: ([depth = 0, width = 0], ...rest) => wrn(depth, width, ...rest),
  },
  mlp: {
    sizes: `1 to ${MAX_STAGES} numbers of hidden units`,
    byDefault: [256, 128],
    rule: (_, count) => (count > MAX_STAGES ? undefined : UNITS),
    build: (hidden, ...rest) => mlp(hidden, ...rest),
  },
  cnn: {
    sizes: `1 to ${MAX_STAGES} numbers of filters, hidden units`,
    byDefault: [16, 32, 128],
    rule: (index, count) => (count < 2 || count > MAX_STAGES + 1 ? undefined : index < count - 1 ? FILTERS : UNITS),
    build: (sizes, ...rest) => cnn({ filters: sizes.slice(0, -1), hidden: sizes.at(-1) ?? 0 }, ...rest),
  },
};

/** Names that stand for a family and sizes, beside those that spell the sizes out. */
const PRESETS: Readonly<Record<string, SizedFamily>> = { lenet5: { name: 'lenet', sizes: FAMILIES.lenet.byDefault } };

/**
 * A network by the name of its family and its sizes, or by both in one: `wrn` and [28, 4], `wrn-28-4`; the paper's LeNet is also `lenet5`.
 *
 * @param name empty: lenet
 * @param sizes empty: those in the name; else the family's defaults
 * @param fields what errors call the two
 * @throws invalid-input
 */
export function sizedFamily(
  name: string,
  sizes: readonly number[],
  fields: { readonly name: string; readonly sizes: string } = { name: 'architecture', sizes: 'sizes' },
): SizedFamily {
  const { family, sizes: named } = parseName(name === '' ? 'lenet' : name, fields.name);
  if (named.length > 0 && sizes.length > 0 && named.join() !== sizes.join()) {
    throw invalidInput(fields.sizes, `none beside ${quote(name)}, which names them`, list(sizes));
  }
  const given = named.length > 0 ? named : sizes;
  const complete = given.length > 0 ? given : FAMILIES[family].byDefault;
  const expected = `${FAMILIES[family].sizes} for ${family}`;
  for (const [index, size] of complete.entries()) {
    const rule = FAMILIES[family].rule(index, complete.length);
    if (rule === undefined) throw invalidInput(named.length > 0 ? fields.name : fields.sizes, expected, list(complete));
    if (!Number.isInteger(size) || !rule.fits(size))
      throw invalidInput(named.length > 0 ? fields.name : `${fields.sizes}[${index}]`, rule.expected, `${size}`);
  }
  return { name: family, sizes: complete };
}

/** The architecture of a network for images of a shape. @throws invalid-input where they are too small for it */
export function architectureOf(
  { name, sizes }: SizedFamily,
  inputShape: Architecture['inputShape'],
  classes: number,
): Architecture {
  return FAMILIES[name].build(sizes, inputShape, classes);
}

function parseName(text: string, field: string): { family: FamilyName; sizes: readonly number[] } {
  const preset = Object.hasOwn(PRESETS, text) ? PRESETS[text] : undefined;
  if (preset !== undefined) return { family: preset.name, sizes: preset.sizes };
  const [name = '', ...sizes] = text.split('-');
  const family = FAMILY_NAMES.find((each) => each === name);
  if (family === undefined || sizes.some((size) => !/^\d{1,6}$/.test(size))) {
    const presets = Object.keys(PRESETS).join(', ');
    throw invalidInput(
      field,
      `one of ${FAMILY_NAMES.join(', ')}, alone or with sizes as in wrn-28-4, or ${presets}`,
      quote(text),
    );
  }
  return { family, sizes: sizes.map(Number) };
}

const list = (sizes: readonly number[]): string => `[${sizes.slice(0, 12).join(', ')}]`;

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
