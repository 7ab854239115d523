import { readFileSync } from 'node:fs';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { Status } from 'nice-grpc';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServiceImplementation,
} from '../proto/gen/grpc/reflection/v1/reflection.js';

/** The descriptors of everything in proto/, written by `npm run generate`. */
const DESCRIPTORS = new URL('../../proto/gen/descriptors.binpb', import.meta.url);

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** The gRPC reflection protocol over the committed descriptors; v1 and v1alpha differ in nothing but the package. */
export function createReflection(services: readonly string[]): ServerReflectionServiceImplementation {
  const files = fromBinary(FileDescriptorSetSchema, readFileSync(DESCRIPTORS)).file;
  const byName = new Map(files.map((file) => [file.name, file]));
  const bySymbol = new Map(files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file] as const)));

  const answer = (request: ServerReflectionRequest): Answer => {
    const question = request.messageRequest;
    switch (question?.$case) {
      case 'listServices':
        return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
      case 'fileByFilename':
        return fileAnswer(byName.get(question.value), byName, `file ${question.value}`);
      case 'fileContainingSymbol':
        return fileAnswer(bySymbol.get(question.value), byName, `symbol ${question.value}`);
      case 'fileContainingExtension':
        return missing(`extension of ${question.value.containingType}`);
      case 'allExtensionNumbersOfType': {
        if (!bySymbol.has(question.value)) return missing(`type ${question.value}`);
        const value = { baseTypeName: question.value, extensionNumber: [] };
        return { $case: 'allExtensionNumbersResponse', value };
      }
      case undefined: {
        const value = { errorCode: Status.INVALID_ARGUMENT, errorMessage: 'message_request: expected one, got none' };
        return { $case: 'errorResponse', value };
      }
    }
  };

  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) };
      }
    },
  };
}

const missing = (what: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode: Status.NOT_FOUND, errorMessage: `not found: ${what}` },
});

function fileAnswer(
  file: FileDescriptorProto | undefined,
  byName: ReadonlyMap<string, FileDescriptorProto>,
  what: string,
): Answer {
  if (file === undefined) return missing(what);
  const files = new Set([file]);
  // A set visits what is added while it is walked: all imports of imports, once.
  for (const { dependency } of files) {
    for (const name of dependency) {
      const imported = byName.get(name);
      if (imported !== undefined) files.add(imported);
    }
  }
  const fileDescriptorProto = [...files].map((each) => toBinary(FileDescriptorProtoSchema, each));
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: fileDescriptorProto as Buffer[] } };
}

/** Fully qualified names of everything that a file declares. */
function symbolsOf(file: FileDescriptorProto): readonly string[] {
  const inside = (scope: string, message: DescriptorProto): readonly string[] => {
    const name = `${scope}.${message.name}`;
    return [
      name,
      ...message.field.map((field) => `${name}.${field.name}`),
      ...message.oneofDecl.map((oneof) => `${name}.${oneof.name}`),
      ...message.enumType.map((each) => `${name}.${each.name}`),
      ...message.nestedType.flatMap((nested) => inside(name, nested)),
    ];
  };
  return [
    ...file.messageType.flatMap((message) => inside(file.package, message)),
    ...file.enumType.map((each) => `${file.package}.${each.name}`),
    ...file.service.flatMap(({ name, method }) => [
      `${file.package}.${name}`,
      ...method.map((each) => `${file.package}.${name}.${each.name}`),
    ]),
  ];
}
