import { invalidInput } from '../../errors.js';
import { shorten, snakeCase } from './keras-options.js';

/** The fields of an object, `className` as `class_name`. */
export type Fields = ReadonlyMap<string, unknown>;

/** An object's fields by name. @throws invalid-input if it is none */
export function record(at: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput(at, 'an object', shorten(value));
  return new Map(Object.entries(value).map(([key, field]) => [snakeCase(key), field]));
}
