import { ServerInterceptingCall } from '@grpc/grpc-js';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { createServer, ServerError, Status } from 'nice-grpc';
import type { CallContext } from 'nice-grpc';
import { RegistryServiceDefinition } from '../../../proto/gen/maxmargin/v1/registry_service.js';
import type { RegistryServiceImplementation } from '../../../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import type { RobustnessServiceImplementation } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { TrainingServiceDefinition } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type { TrainingServiceImplementation } from '../../../proto/gen/maxmargin/v1/training_service.js';

/** The methods that a test gives; all others answer UNIMPLEMENTED. */
export type FakeMethods = Partial<
  RobustnessServiceImplementation & RegistryServiceImplementation & TrainingServiceImplementation
>;

export interface FakeServices {
  readonly address: string;
  /** How much time each call announced when it arrived, in milliseconds; Infinity if it has no deadline. */
  readonly timeLeftMs: readonly number[];
  /** Ends all connections at once, as a killed process would. */
  kill(): void;
}

/** Real sockets, invented answers: the contract's three services on one port. */
export async function startFakeServices(methods: FakeMethods, port = 0): Promise<FakeServices> {
  const timeLeftMs: number[] = [];
  // Handlers do not see the header: grpc-js takes it out of the metadata.
  const interceptor: ServerInterceptor = (_method, call) => {
    const deadline = call.getDeadline();
    timeLeftMs.push(Number(deadline) - Date.now());
    return new ServerInterceptingCall(call);
  };
  const server = createServer({ interceptors: [interceptor] });
  const implementation = new Proxy(methods, {
    get: (given, name) => (given as Record<string | symbol, unknown>)[name] ?? unimplemented,
  });
  server.add(RobustnessServiceDefinition, implementation as RobustnessServiceImplementation);
  server.add(RegistryServiceDefinition, implementation as RegistryServiceImplementation);
  server.add(TrainingServiceDefinition, implementation as TrainingServiceImplementation);
  const bound = await server.listen(`127.0.0.1:${port}`);
  return {
    address: `127.0.0.1:${bound}`,
    timeLeftMs,
    kill: () => {
      server.forceShutdown();
    },
  };
}

function unimplemented(): never {
  throw new ServerError(Status.UNIMPLEMENTED, 'not faked');
}

/** `answer`, after failing `failures` times with `status`; `calls` counts all. */
export function failingFirst<Request, Response>(
  failures: number,
  status: Status,
  answer: (request: Request, context: CallContext) => Response,
): ((request: Request, context: CallContext) => Promise<Response>) & { readonly calls: () => number } {
  let calls = 0;
  const method = (request: Request, context: CallContext): Promise<Response> => {
    calls += 1;
    if (calls <= failures) throw new ServerError(status, `failure ${calls}`);
    return Promise.resolve(answer(request, context));
  };
  return Object.assign(method, { calls: () => calls });
}
