import { DomainError } from '../../core/errors.js';

/** What a record holds under a name that it must have. */
export function named<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name];
  if (value === undefined)
    throw new DomainError('internal', `expected ${name}, got only ${Object.keys(record).join(', ')}`);
  return value;
}

/** A record of the same names. */
export function mapNamed<T, U>(
  record: Readonly<Record<string, T>>,
  fn: (value: T, name: string) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]));
}
