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
    return new RequestError(Status[error.code] as StatusName, withProxy(error.details), { cause: error });
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new RequestError('CANCELLED', 'cancelled by the caller', { cause: error });
  }
  return error;
}

/** The variables that name a proxy to gRPC, the first that is set. */
const PROXY_VARIABLES = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;

/** What gRPC says of a connection; where a proxy is what failed, it leaves that out: `Last error: undefined`. */
export function withProxy(
  details: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const variable = PROXY_VARIABLES.find((name) => (environment[name] ?? '') !== '');
  if (variable === undefined || !details.includes('Last error: undefined')) return details;
  const proxy = (environment[variable] ?? '').replace(/\/\/[^/@]*@/, '//');
  return `no connection through the proxy ${proxy}, which the variable ${variable} names; no_proxy lists hosts that need none`;
}
