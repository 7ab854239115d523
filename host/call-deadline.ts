import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';

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
          metadata.set(HEADER, String(Number(call.getDeadline())));
          deliver(metadata);
        },
      });
    },
  });

/** When the call must have been answered, in milliseconds since the epoch; infinite if the client set no deadline. */
export function deadlineMsOf(context: Pick<CallContext, 'metadata'>): number {
  return Number(context.metadata.get(HEADER) ?? Infinity);
}
