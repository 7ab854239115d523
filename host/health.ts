import { EventEmitter, on } from 'node:events';
import { ServerError, Status, type CallContext } from 'nice-grpc';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthServiceImplementation,
} from '../proto/gen/grpc/health/v1/health.js';

/** Whether services take calls, told by the gRPC health protocol. */
export interface Health {
  /** The whole server, named '', serves when every service does. */
  set(service: string, serving: boolean): void;
  setAll(serving: boolean): void;
  readonly implementation: HealthServiceImplementation;
}

/** Health of these services, none of which serves yet. @param draining ends watches, so that the server can stop */
export function createHealth(services: readonly string[], draining: AbortSignal): Health {
  const statuses = new Map<string, boolean>(services.map((service) => [service, false]));
  const changes = new EventEmitter().setMaxListeners(0);

  const statusOf = (service: string): ServingStatus | undefined => {
    const serving = service === '' ? [...statuses.values()].every(Boolean) : statuses.get(service);
    if (serving === undefined) return undefined;
    return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };

  return {
    set: (service, serving) => {
      statuses.set(service, serving);
      changes.emit('change');
    },
    setAll: (serving) => {
      for (const service of statuses.keys()) statuses.set(service, serving);
      changes.emit('change');
    },
    implementation: {
      check: ({ service }: HealthCheckRequest) => {
        const status = statusOf(service);
        if (status === undefined) throw new ServerError(Status.NOT_FOUND, `no service ${JSON.stringify(service)}`);
        return Promise.resolve({ status });
      },
      async *watch({ service }: HealthCheckRequest, context: CallContext): AsyncGenerator<HealthCheckResponse> {
        let last: ServingStatus | undefined;
        const news = on(changes, 'change', { signal: AbortSignal.any([context.signal, draining]) });
        try {
          do {
            const status = statusOf(service) ?? ServingStatus.SERVICE_UNKNOWN;
            if (status !== last) yield { status };
            last = status;
          } while (!(await news.next()).done);
        } catch (error) {
          if (context.signal.aborted || !draining.aborted) throw error;
          if (last !== ServingStatus.NOT_SERVING) yield { status: ServingStatus.NOT_SERVING };
        }
      },
    },
  };
}
