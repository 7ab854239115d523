import { ClientError, Status } from 'nice-grpc-common';

/** The name of a gRPC status code: `NOT_FOUND`, `UNAVAILABLE`, … */
export type StatusName = Exclude<keyof typeof Status, 'OK' | 'UNRECOGNIZED'>;

/** A request that failed: its gRPC status and the service's message, which names the field, what was expected and what came. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: StatusName,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Waits for an answer; whatever gRPC throws becomes a {@link RequestError}. */
export async function orRequestError<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asRequestError(error);
  }
}

/** What gRPC threw as a {@link RequestError}; anything else as it is. */
export function asRequestError(error: unknown): unknown {
  if (error instanceof ClientError) {
    return new RequestError(Status[error.code] as StatusName, error.details, { cause: error });
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new RequestError('CANCELLED', 'cancelled by the caller', { cause: error });
  }
  return error;
}
