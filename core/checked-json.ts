import type { z } from 'zod';
import { DomainError, messageOf, type ErrorKind } from './errors.js';

/** The value of a file's text, UTF-8 where it comes as bytes. @throws of the given kind, naming the file, if it is not JSON */
export function parseJson(text: string | Uint8Array, file: string, kind: ErrorKind = 'data-loss'): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (error) {
    throw new DomainError(kind, `${file}: expected JSON, got ${messageOf(error)}`);
  }
}

/**
 * A value that a schema accepts.
 *
 * @param before what stands before the name of a field in an error: `FILE: `
 * @throws of the given kind, naming the first field that is wrong, and what it should be
 */
export function checked<S extends z.ZodType>(
  value: unknown,
  schema: S,
  before: string,
  kind: ErrorKind = 'data-loss',
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DomainError(kind, `${before}${firstIssue(parsed.error)}`);
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  // What is wrong with a key is said one level deeper.
  const problem = (issue?.code === 'invalid_key' ? issue.issues[0] : issue)?.message ?? 'not valid';
  const field = issue?.path.map(String).join('.') ?? '';
  return field === '' ? problem : `${field}: ${problem}`;
}
