import { z } from 'zod';
import type { CallOptions } from './call-policy.js';
import type { ClassifyOptions, MarginOptions } from './margins.js';
import { RequestError } from './request-error.js';

// TypeScript checks callers' fields as they write; from plain JavaScript a misspelt one would be passed over, and a default taken.

const call = {
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
  deadlineMs: z.number({ error: 'a number of milliseconds' }).optional(),
};

const model = z
  .strictObject(
    {
      name: z.string({ error: 'a string' }).optional(),
      version: z.int({ error: 'an integer from 1' }).min(0, { error: 'an integer from 1' }).optional(),
      alias: z.string({ error: 'a string' }).optional(),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'an object { name, version, alias }') },
  )
  .optional();

const aClass = { error: 'the number of a class, from 0' };
const classNumber = z.int(aClass).min(0, aClass);
const budget = { error: 'fast, standard, thorough or an integer from 1' };
const integer = { error: 'an integer, or a bigint' };

const CLASSIFY_OPTIONS = z.strictObject({ ...call, model });

const MARGIN_OPTIONS = z.strictObject({
  ...call,
  model,
  labels: z.array(classNumber, { error: 'an array of numbers of classes' }).optional(),
  norm: z.enum(['linf', 'l2'], { error: 'linf or l2' }).optional(),
  maxDistance: z.number({ error: 'a number above 0' }).optional(),
  budget: z.union([z.enum(['fast', 'standard', 'thorough']), z.int()], budget).optional(),
  targetClass: classNumber.optional(),
  returnPerturbations: z.boolean({ error: 'true or false' }).optional(),
  seed: z.union([z.bigint(), z.int()], integer).optional(),
});

/** @throws RequestError INVALID_ARGUMENT naming a field that is unknown or has a value of another type */
export function checkClassifyOptions(options: ClassifyOptions & CallOptions): void {
  check(CLASSIFY_OPTIONS, options);
}

/** @throws as {@link checkClassifyOptions} */
export function checkMarginOptions(options: MarginOptions & CallOptions): void {
  check(MARGIN_OPTIONS, options);
}

function check<T>(schema: z.ZodObject & z.ZodType<T>, options: T): void {
  const [issue] = schema.safeParse(options).error?.issues ?? [];
  if (issue === undefined) return;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? Object.keys(schema.shape) : Object.keys(model.unwrap().shape);
    const field = [...issue.path, issue.keys[0]].join('.');
    throw new RequestError('INVALID_ARGUMENT', `${field}: expected one of ${known.join(', ')}, got an unknown field`);
  }
  const value = issue.path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown>)[key], options);
  const got = typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? 'an array' : String(value);
  throw new RequestError('INVALID_ARGUMENT', `${path(issue.path)}: expected ${issue.message}, got ${got}`);
}

/** `labels[3]`, `model.name`; of the options themselves, their name. */
function path(keys: readonly PropertyKey[]): string {
  if (keys.length === 0) return 'options';
  return keys.reduce<string>(
    (before, key) => (typeof key === 'number' ? `${before}[${key}]` : `${before}${before && '.'}${String(key)}`),
    '',
  );
}
