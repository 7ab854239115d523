import { ServerError, Status, type CallContext, type ServerMiddleware, type ServerMiddlewareCall } from 'nice-grpc';
import { DomainError } from '../core/errors.js';
import { monotonicMs } from '../core/monotonic-clock.js';
import { deadlineMsOf } from './call-deadline.js';
import { wireErrorOf } from './error-table.js';
import type { Log } from './log.js';
import { DURATION_EDGES_SECONDS, type Metrics } from './metrics.js';

/** Protocols that machines ask without end: their calls are logged at debug. */
const isPlumbing = (path: string): boolean => path.startsWith('/grpc.');

/** Every code that a call can end with. */
const CODES = Object.values(Status).filter((code) => typeof code === 'string');

/**
 * Counts, times and logs every call under the code that the client sees. The outermost middleware.
 *
 * @param callable every method there is: its calls are shown as 0 of every code from the start
 */
export function observeCalls(
  metrics: Metrics,
  log: Log,
  callable: readonly { readonly service: string; readonly method: string }[],
): ServerMiddleware {
  const requests = metrics.counter({
    name: 'rpc_requests_total',
    help: 'Calls answered, by service, method and gRPC status code.',
    labels: ['service', 'method', 'code'],
  });
  const durations = metrics.histogram(
    {
      name: 'rpc_duration_seconds',
      help: 'Time from a call to its answer (streams: to their end).',
      labels: ['service', 'method', 'code'],
    },
    DURATION_EDGES_SECONDS,
  );
  const inFlight = metrics.gauge({
    name: 'rpc_in_flight',
    help: 'Calls being answered.',
    labels: ['service', 'method'],
  });
  for (const names of callable) for (const code of CODES) requests.show({ ...names, code });

  return async function* observed<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    const [, service = '', method = ''] = call.method.path.split('/');
    const startMs = performance.now();
    let status = Status.CANCELLED;
    let details: string | undefined;
    inFlight.add({ service, method }, 1);
    try {
      const response = yield* call.next(call.request, context);
      status = Status.OK;
      return response;
    } catch (error) {
      if (error instanceof ServerError) ({ code: status, details } = error);
      throw error;
    } finally {
      const durationMs = performance.now() - startMs;
      const code = Status[status];
      inFlight.add({ service, method }, -1);
      requests.add({ service, method, code });
      durations.observe({ service, method, code }, durationMs / 1_000);
      const level = isPlumbing(call.method.path) ? 'debug' : 'info';
      log[level](
        { rpc: `${service}/${method}`, code, details, durationMs: Math.round(durationMs), peer: context.peer },
        'call',
      );
    }
  };
}

/** Turns whatever a handler throws into the status that the error table says; what nobody foresaw is logged with its stack. */
export function translateErrors(log: Log): ServerMiddleware {
  return async function* translated<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof ServerError) throw error;
      if (context.signal.aborted && monotonicMs() >= deadlineMsOf(context)) {
        throw new ServerError(Status.DEADLINE_EXCEEDED, 'the deadline has passed');
      }
      const { code, details } = wireErrorOf(error);
      const isForeseen = error instanceof DomainError || code === Status.CANCELLED;
      if (!isForeseen || code === Status.INTERNAL || code === Status.DATA_LOSS) {
        log.error({ err: error, path: call.method.path }, 'call failed');
      }
      throw new ServerError(code, details);
    }
  };
}

/** Refuses what comes after draining has begun; what is under way goes on. */
export function refuseWhile(draining: AbortSignal): ServerMiddleware {
  return async function* refusing<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    if (draining.aborted && !isPlumbing(call.method.path)) {
      throw new DomainError('unavailable', 'the server is shutting down');
    }
    return yield* call.next(call.request, context);
  };
}
