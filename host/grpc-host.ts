import type { ServerOptions } from '@grpc/grpc-js';
import { createServer, type CompatServiceDefinition, type Server, type ServiceImplementation } from 'nice-grpc';
import { HealthDefinition } from '../proto/gen/grpc/health/v1/health.js';
import { ServerReflectionDefinition } from '../proto/gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionDefinition as ServerReflectionV1AlphaDefinition } from '../proto/gen/grpc/reflection/v1alpha/reflection.js';
import { passDeadline } from './call-deadline.js';
import { createHealth, type Health } from './health.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { createReflection } from './reflection.js';
import { observeCalls, refuseWhile, translateErrors } from './rpc-middleware.js';

/** A service and what answers it. */
export interface HostedService {
  readonly fullName: string;
  /** The names of its methods, as the contract has them. */
  readonly methods: readonly string[];
  addTo(server: Pick<Server, 'add'>): void;
}

type NamedDefinition = CompatServiceDefinition & {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, { readonly name: string }>>;
};

const methodsOf = ({ methods }: NamedDefinition): readonly string[] => Object.values(methods).map(({ name }) => name);

/** Pairs a generated definition with its implementation. */
export function hosted<D extends NamedDefinition>(
  definition: D,
  implementation: ServiceImplementation<D>,
): HostedService {
  return {
    fullName: definition.fullName,
    methods: methodsOf(definition),
    addTo: (server) => {
      server.add(definition, implementation);
    },
  };
}

export interface GrpcHostOptions {
  readonly services: readonly HostedService[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** A larger request is refused with RESOURCE_EXHAUSTED before it is read whole. */
  readonly maxReceiveBytes: number;
  /** Calls under way on one connection. */
  readonly maxConcurrentStreams?: number;
  /**
   * Aborted by the owner when it begins to drain: new calls are refused, watches end. Streams of services that never end by
   * themselves should listen to it too.
   */
  readonly draining: AbortController;
}

/** The gRPC side of a service, with health, reflection, metrics, a log and the error table. */
export interface GrpcHost {
  readonly health: Health;
  /** @param address HOST:PORT @returns the port, chosen by the system where 0 was asked for */
  listen(address: string): Promise<number>;
  /** Says NOT_SERVING, refuses new calls, waits for those under way, and cancels what is left after `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/** The gRPC side of a service; not yet listening, and serving nothing until its health is set. */
export function createGrpcHost(options: GrpcHostOptions): GrpcHost {
  const { services, log, metrics, draining } = options;
  const names = services.map(({ fullName }) => fullName);
  const health = createHealth(names, draining.signal);
  const plumbing = [HealthDefinition, ServerReflectionDefinition, ServerReflectionV1AlphaDefinition];
  const reflection = createReflection([...names, ...plumbing.map(({ fullName }) => fullName)]);
  const callable = [
    ...services,
    ...plumbing.map((definition) => ({ fullName: definition.fullName, methods: methodsOf(definition) })),
  ].flatMap(({ fullName, methods }) => methods.map((method) => ({ service: fullName, method })));
  const channel: ServerOptions = {
    'grpc.max_receive_message_length': options.maxReceiveBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': options.maxConcurrentStreams ?? 1_000,
    // A client that vanished without a word is noticed, and its work stopped, within a minute and a half.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    interceptors: [passDeadline],
  };
  const server = createServer(channel)
    .use(observeCalls(metrics, log, callable))
    .use(translateErrors(log))
    .use(refuseWhile(draining.signal));
  for (const service of services) service.addTo(server);
  server.add(HealthDefinition, health.implementation);
  server.add(ServerReflectionDefinition, reflection);
  server.add(ServerReflectionV1AlphaDefinition, reflection);

  return {
    health,
    listen: (address) => server.listen(address),
    drain: async (limitMs) => {
      health.setAll(false);
      draining.abort();
      const timer = setTimeout(() => {
        log.warn({ limitMs }, 'calls cancelled that did not end in time');
        server.forceShutdown();
      }, limitMs);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}
