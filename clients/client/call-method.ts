import { readFile } from 'node:fs/promises';
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { DescMethod, JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES, type CallOptions } from './call-policy.js';
import { proxyOptions } from './loopback.js';
import { RequestError, withProxy } from './request-error.js';
import type { StatusName } from './request-error.js';

/** What the contract, health checks and reflection are made of. */
const DESCRIPTORS = new URL('../../../proto/gen/descriptors.binpb', import.meta.url);

/**
 * Calls any method that the project's descriptors know, in protobuf's JSON form.
 *
 * @param method `package.Service/Method`
 * @param request a message, or an array of messages where the method takes a stream
 * @returns each answer
 * @throws RequestError, also INVALID_ARGUMENT for an unknown method or a request that is not of its type
 */
export async function* callMethod(
  address: string,
  method: string,
  request: unknown,
  options: CallOptions = {},
): AsyncGenerator<JsonValue, void, undefined> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(DESCRIPTORS)));
  const descriptor = findMethod(registry, method);
  const messages = (Array.isArray(request) ? request : [request]).map((json) =>
    parseMessage(descriptor, json, registry),
  );

  const secure = address.startsWith('https://');
  const target = address.replace(/^https?:\/\//, '');
  const client = new Client(target, secure ? credentials.createSsl() : credentials.createInsecure(), {
    ...proxyOptions(address),
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  });
  // On the wire a unary call is a stream of one message each way.
  const call: ClientDuplexStream<Message, Message> = client.makeBidiStreamRequest(
    `/${descriptor.parent.typeName}/${descriptor.name}`,
    (message: Message) => Buffer.from(toBinary(descriptor.input, message)),
    (bytes: Buffer) => fromBinary(descriptor.output, bytes),
    options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs },
  );
  const cancel = () => {
    call.cancel();
  };
  options.signal?.addEventListener('abort', cancel);
  try {
    for (const message of messages) call.write(message);
    call.end();
    for await (const answer of call as AsyncIterable<Message>) {
      yield toJson(descriptor.output, answer, { registry, alwaysEmitImplicit: true });
    }
  } catch (error) {
    const failure = error as Partial<ServiceError>;
    if (failure.code === undefined) throw error;
    throw new RequestError(status[failure.code] as StatusName, withProxy(failure.details ?? ''), { cause: error });
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    client.close();
  }
}

function findMethod(registry: Registry, method: string): DescMethod {
  const [service = '', name] = method.replace(/^\//, '').split('/');
  const found = registry.getService(service)?.methods.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const known = [...registry]
    .filter((type) => type.kind === 'service')
    .flatMap(({ typeName, methods }) => methods.map((candidate) => `${typeName}/${candidate.name}`));
  throw new RequestError('INVALID_ARGUMENT', `method: expected one of\n  ${known.join('\n  ')}\ngot ${method}`);
}

function parseMessage(descriptor: DescMethod, json: unknown, registry: Registry): Message {
  try {
    return fromJson(descriptor.input, json as JsonValue, { registry });
  } catch (error) {
    throw new RequestError('INVALID_ARGUMENT', `request: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
