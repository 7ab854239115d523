import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { createChannel, createClient, Metadata, Status, type Channel } from 'nice-grpc';
import { DomainError, type ErrorKind } from '../../../core/errors.js';
import { monotonicMs } from '../../../core/monotonic-clock.js';
import { deadlineMsOf } from '../../../host/call-deadline.js';
import { createGrpcHost, hosted, type GrpcHost } from '../../../host/grpc-host.js';
import { createLog } from '../../../host/log.js';
import { createMetrics } from '../../../host/metrics.js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthDefinition,
} from '../../../proto/gen/grpc/health/v1/health.js';
import { ServerReflectionDefinition } from '../../../proto/gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionDefinition as V1Alpha } from '../../../proto/gen/grpc/reflection/v1alpha/reflection.js';
import {
  RegistryServiceDefinition,
  type RegistryServiceImplementation,
} from '../../../proto/gen/maxmargin/v1/registry_service.js';

const EXPECTED: Readonly<Record<ErrorKind, Status>> = {
  'invalid-input': Status.INVALID_ARGUMENT,
  'not-found': Status.NOT_FOUND,
  'failed-precondition': Status.FAILED_PRECONDITION,
  unavailable: Status.UNAVAILABLE,
  exhausted: Status.RESOURCE_EXHAUSTED,
  aborted: Status.ABORTED,
  'already-exists': Status.ALREADY_EXISTS,
  'data-loss': Status.DATA_LOSS,
  internal: Status.INTERNAL,
  'deadline-exceeded': Status.DEADLINE_EXCEEDED,
  cancelled: Status.CANCELLED,
  unimplemented: Status.UNIMPLEMENTED,
};

const SERVICE = RegistryServiceDefinition.fullName;

describe('gRPC host', () => {
  let host: GrpcHost;
  let channel: Channel;
  let behaviour: RegistryServiceImplementation['setAlias'];
  const metrics = createMetrics();
  const draining = new AbortController();

  before(async () => {
    const implementation: RegistryServiceImplementation = {
      setAlias: (request, context) => behaviour(request, context),
      rollbackAlias: () => Promise.resolve({}),
      deleteModelVersion: () => Promise.resolve({}),
      importModel: () => Promise.resolve({}),
    };
    host = createGrpcHost({
      services: [hosted(RegistryServiceDefinition, implementation)],
      log: createLog('test', 'silent'),
      metrics,
      maxReceiveBytes: 100_000,
      draining,
    });
    const port = await host.listen('127.0.0.1:0');
    channel = createChannel(`127.0.0.1:${port}`);
  });

  after(async () => {
    channel.close();
    await host.drain(1_000);
  });

  const call = () => createClient(RegistryServiceDefinition, channel).setAlias({});

  for (const [kind, code] of Object.entries(EXPECTED)) {
    it(`sends ${kind} as ${Status[code]} with its message`, async () => {
      behaviour = () => Promise.reject(new DomainError(kind as ErrorKind, 'field: expected ä, got ö'));
      await assert.rejects(call(), { code, details: 'field: expected ä, got ö' });
    });
  }

  it('sends anything else as UNKNOWN and keeps its text to itself', async () => {
    behaviour = () => Promise.reject(new Error('the password is 1234'));
    await assert.rejects(call(), (error: { code: Status; details: string }) => {
      assert.equal(error.code, Status.UNKNOWN);
      assert.doesNotMatch(error.details, /1234/);
      return true;
    });
  });

  it('cuts details that would not fit into a header', async () => {
    behaviour = () => Promise.reject(new DomainError('not-found', '💥'.repeat(100_000)));
    await assert.rejects(call(), { code: Status.NOT_FOUND });
  });

  it('refuses a message that is too large', async () => {
    const client = createClient(RegistryServiceDefinition, channel);
    await assert.rejects(client.setAlias({ name: 'x'.repeat(200_000) }), { code: Status.RESOURCE_EXHAUSTED });
  });

  it('shows handlers the deadline, whatever a client claims it to be', async () => {
    let seenMs = 0;
    behaviour = (_request, context) => {
      seenMs = deadlineMsOf(context);
      return Promise.resolve({});
    };
    await call();
    assert.equal(seenMs, Infinity);
    await createClient(RegistryServiceDefinition, channel).setAlias(
      {},
      { metadata: Metadata({ 'maxmargin-internal-deadline': '1' }) },
    );
    assert.equal(seenMs, Infinity);
    const inOneMinuteMs = monotonicMs() + 60_000;
    // nice-grpc's deadline middleware sends no timeout: it only cancels, so the header is set by hand.
    const client = createClient(RegistryServiceDefinition, channel);
    await client.setAlias({}, { metadata: Metadata({ 'grpc-timeout': '60S' }) });
    assert.ok(Math.abs(seenMs - inOneMinuteMs) < 5_000, `${seenMs - inOneMinuteMs}`);
  });

  it('counts calls by code', async () => {
    behaviour = () => Promise.reject(new DomainError('aborted', 'moved'));
    await assert.rejects(call());
    const text = await metrics.text();
    assert.match(text, /maxmargin_rpc_requests_total\{[^}]*method="SetAlias",code="ABORTED"\} \d/);
    assert.match(text, /maxmargin_rpc_duration_seconds_bucket\{[^}]*code="ABORTED"/);
    assert.match(text, /maxmargin_rpc_in_flight\{[^}]*method="SetAlias"\} 0/);
  });

  it('answers Check and Watch of the health protocol', async () => {
    const health = createClient(HealthDefinition, channel);
    assert.equal((await health.check({ service: SERVICE })).status, Serving.NOT_SERVING);
    await assert.rejects(health.check({ service: 'no.such' }), { code: Status.NOT_FOUND });
    const watch = health.watch({ service: SERVICE })[Symbol.asyncIterator]();
    assert.deepEqual((await watch.next()).value, { status: Serving.NOT_SERVING });
    host.health.set(SERVICE, true);
    assert.deepEqual((await watch.next()).value, { status: Serving.SERVING });
    assert.equal((await health.check({})).status, Serving.SERVING);
    await watch.return?.();
    for await (const { status } of health.watch({ service: 'no.such' })) {
      assert.equal(status, Serving.SERVICE_UNKNOWN);
      break;
    }
  });

  for (const definition of [ServerReflectionDefinition, V1Alpha]) {
    it(`answers ${definition.fullName}: services, and the files that declare them`, async () => {
      const client = createClient(definition, channel);
      const ask = async function* () {
        await Promise.resolve();
        yield { messageRequest: { $case: 'listServices', value: '' } } as const;
        yield { messageRequest: { $case: 'fileContainingSymbol', value: SERVICE } } as const;
        yield { messageRequest: { $case: 'fileByFilename', value: 'no/such.proto' } } as const;
      };
      const answers = [];
      for await (const { messageResponse } of client.serverReflectionInfo(ask())) answers.push(messageResponse);
      const [services, files, none] = answers;
      assert.equal(services?.$case, 'listServicesResponse');
      const names = services.value.service.map(({ name }) => name);
      for (const name of [SERVICE, 'grpc.health.v1.Health', definition.fullName]) assert.ok(names.includes(name), name);
      assert.equal(files?.$case, 'fileDescriptorResponse');
      const read = files.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
      assert.equal(read[0], 'maxmargin/v1/registry_service.proto');
      assert.ok(read.includes('maxmargin/v1/model.proto') && read.includes('google/protobuf/timestamp.proto'));
      assert.equal(none?.$case, 'errorResponse');
      assert.equal(none.value.errorCode, Status.NOT_FOUND);
    });
  }

  it('drains: NOT_SERVING, new calls UNAVAILABLE, the one under way ends, watches end', async () => {
    const started = new EventTarget();
    let finish = (): void => undefined;
    behaviour = () => {
      started.dispatchEvent(new Event('started'));
      return new Promise((resolve) => {
        finish = () => {
          resolve({ name: 'done' });
        };
      });
    };
    const begun = once(started, 'started');
    const underWay = call();
    await begun;
    host.health.setAll(true);
    const watch = createClient(HealthDefinition, channel).watch({})[Symbol.asyncIterator]();
    assert.deepEqual((await watch.next()).value, { status: Serving.SERVING });
    const drained = host.drain(10_000);
    assert.deepEqual((await watch.next()).value, { status: Serving.NOT_SERVING });
    assert.equal((await watch.next()).done, true);
    await assert.rejects(call(), { code: Status.UNAVAILABLE });
    finish();
    assert.equal((await underWay).name, 'done');
    await drained;
  });
});
