/**
 * What can go wrong, as the domain sees it. How each kind reaches a client is decided in one table (host/error-table.ts).
 */
export type ErrorKind =
  /** A value that the caller sent is not acceptable. */
  | 'invalid-input'
  /** A model, version, alias or job that does not exist. */
  | 'not-found'
  /** Something must happen first: no model is published, a job is in the wrong state. */
  | 'failed-precondition'
  /** Loading, draining, or a worker died: trying again helps. */
  | 'unavailable'
  /** A bounded queue is full. */
  | 'exhausted'
  /** What a compare-and-set expected is no longer so. */
  | 'aborted'
  /** What should be created exists. */
  | 'already-exists'
  /** Stored bytes are not what their checksum or signature says. */
  | 'data-loss'
  /** An invariant of this program is broken. */
  | 'internal'
  /** The caller's deadline passed. */
  | 'deadline-exceeded'
  /** The caller gave up. */
  | 'cancelled'
  /** Part of the contract that this version does not provide. */
  | 'unimplemented';

/** An error whose message may be shown to a client: it names the field, what was expected and what came. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of a field with an unacceptable value: `inputs.shape: expected [n, 28, 28, 1], got [3, 2]`. */
export function invalidInput(field: string, expected: string, got: string): DomainError {
  return new DomainError('invalid-input', `${field}: expected ${expected}, got ${got}`);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The refusal of one more than may wait: `queue full: 64 requests are already waiting`. */
export function queueFull(waiting: number, what: 'request' | 'job'): DomainError {
  const those = waiting === 1 ? `1 ${what} is` : `${waiting} ${what}s are`;
  return new DomainError('exhausted', `queue full: ${those} already waiting`);
}
