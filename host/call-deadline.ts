import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { monotonicMs } from '../core/monotonic-clock.js';

/** Set by the interceptor on every call, so that what a client sends under this name is never read. */
const HEADER = 'maxmargin-internal-deadline';

/**
 * Hands the call's deadline to the handlers.
 *
 * nice-grpc (2.1) does not show it, and grpc-js removes `grpc-timeout` before handlers see the metadata; without this a handler
 * only learns of the deadline once it has passed, too late to answer with the best result so far.
 */
export const passDeadline: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMetadata: (metadata, deliver) => {
          // By the time of day, as grpc-js has it from the time that was left on arrival: taken over at once, before that clock is set.
          const leftMs = Number(call.getDeadline()) - Date.now();
          metadata.set(HEADER, String(monotonicMs() + leftMs));
          deliver(metadata);
        },
      });
    },
  });

/** When the call must have been answered, by `monotonicMs`; infinite if the client set no deadline. */
export function deadlineMsOf(context: Pick<CallContext, 'metadata'>): number {
  return Number(context.metadata.get(HEADER) ?? Infinity);
}
