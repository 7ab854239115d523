import { Status } from 'nice-grpc';
import { DomainError, type ErrorKind } from '../core/errors.js';
import { fileSystemError } from './file-system-error.js';

/** How each kind of error reaches a client. Every kind has a row; what has no kind is UNKNOWN. */
const STATUS_OF_KIND: Readonly<Record<ErrorKind, Status>> = {
  'invalid-input': Status.INVALID_ARGUMENT,
  'not-found': Status.NOT_FOUND,
  'failed-precondition': Status.FAILED_PRECONDITION,
  unavailable: Status.UNAVAILABLE,
  exhausted: Status.RESOURCE_EXHAUSTED,
  aborted: Status.ABORTED,
  'already-exists': Status.ALREADY_EXISTS,
  'data-loss': Status.DATA_LOSS,
  internal: Status.INTERNAL,
  'deadline-exceeded': Status.DEADLINE_EXCEEDED,
  cancelled: Status.CANCELLED,
  unimplemented: Status.UNIMPLEMENTED,
};

/** All that a client learns of an error that nobody foresaw. */
const UNFORESEEN = 'an unforeseen error; the log of the service says more';

/** Longer details would not fit into the headers that carry them. */
const MAX_DETAILS_LENGTH = 1_000;

/** What a client sees of an error. */
export interface WireError {
  readonly code: Status;
  readonly details: string;
}

/** The row of the table that an error falls under. */
export function wireErrorOf(error: unknown): WireError {
  if (error instanceof DomainError) return { code: STATUS_OF_KIND[error.kind], details: sendable(error.message) };
  if (error instanceof Error && error.name === 'AbortError') {
    return { code: Status.CANCELLED, details: 'the call was cancelled' };
  }
  return fileSystemError(error) ?? { code: Status.UNKNOWN, details: UNFORESEEN };
}

// Lone surrogates, which a cut leaves behind, cannot be percent-encoded.
const sendable = (details: string): string => details.slice(0, MAX_DETAILS_LENGTH).replace(/\p{Surrogate}/gu, '\ufffd');
