import assert from 'node:assert/strict';
import { Client as RawClient, credentials, type ServiceError } from '@grpc/grpc-js';
import { createClient, Status, type Client } from 'nice-grpc';
import type { DeepPartial, MarginRequest } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { DType } from '../../../proto/gen/maxmargin/v1/tensor.js';
import { floatTensor, imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const { tensor: image, values } = imageBatch(1);
/** An enum's number that this version does not know. */
const unknown = (value: number): never => value as never;
const withValue = (at: number, value: number) => {
  const changed = values.slice();
  changed[at] = value;
  return floatTensor([1, 28, 28, 1], changed);
};

/** What is wrong with a margin request, the request, and what the error must say. */
const REFUSED: readonly [string, DeepPartial<MarginRequest>, RegExp][] = [
  ['no inputs', {}, /^inputs: expected a tensor, got none$/],
  ['NaN', { inputs: withValue(5, NaN) }, /^inputs\.data: input 0, value 5: expected a number from 0 to 1, got NaN$/],
  ['+∞', { inputs: withValue(0, Infinity) }, /^inputs\.data: .* got Infinity$/],
  ['−∞', { inputs: withValue(0, -Infinity) }, /^inputs\.data: .* got -Infinity$/],
  ['a value above the bounds', { inputs: withValue(783, 1.5) }, /value 783: expected a number from 0 to 1, got 1\.5$/],
  ['a value below the bounds', { inputs: withValue(0, -0.01) }, /expected a number from 0 to 1, got -0\.0/],
  [
    'another image size',
    { inputs: { ...image, shape: [1n, 28n, 27n, 1n] } },
    /^inputs\.shape: expected \[n, 28, 28, 1\], got \[1, 28, 27, 1\]$/,
  ],
  ['no batch dimension', { inputs: { ...image, shape: [28n, 28n, 1n] } }, /^inputs\.shape: /],
  ['no shape', { inputs: { ...image, shape: [] } }, /^inputs\.shape: expected .* got \[\]$/],
  ['a hundred dimensions', { inputs: { ...image, shape: Array<bigint>(100).fill(1n) } }, /got 100 dimensions$/],
  ['a negative count', { inputs: { ...image, shape: [-1n, 28n, 28n, 1n] } }, /^inputs\.shape: .*n = -1$/],
  ['an empty batch', { inputs: { ...image, shape: [0n, 28n, 28n, 1n], data: Buffer.alloc(0) } }, /n = 0$/],
  [
    'a claim of 1 GiB',
    { inputs: { ...image, shape: [342_393n, 28n, 28n, 1n] } },
    /^inputs\.shape: expected .* with n from 1 to 256, got n = 342393$/,
  ],
  [
    'a claim of 2^62',
    { inputs: { ...image, shape: [4611686018427387904n, 28n, 28n, 1n] } },
    /n = 4611686018427387904$/,
  ],
  ['10,000 inputs', { inputs: imageBatch(10_000).tensor }, /n from 1 to 256, got n = 10000$/],
  [
    'too few bytes',
    { inputs: { ...image, data: image.data.subarray(1) } },
    /^inputs\.data: expected 3136 bytes for the shape, got 3135 bytes$/,
  ],
  ['too many bytes', { inputs: { ...image, data: Buffer.alloc(4_000) } }, /^inputs\.data: .* got 4000 bytes$/],
  ['no dtype', { inputs: { ...image, dtype: DType.UNSPECIFIED } }, /^inputs\.dtype: .* got D_TYPE_UNSPECIFIED/],
  ['an unknown dtype', { inputs: { ...image, dtype: unknown(77) } }, /^inputs\.dtype: .*77/],
  ['a label of −1', { inputs: image, labels: [-1] }, /^labels\[0\]: expected a class from 0 to 9, got -1$/],
  ['a label of 10', { inputs: image, labels: [10] }, /^labels\[0\]: expected a class from 0 to 9, got 10$/],
  [
    'more labels than inputs',
    { inputs: image, labels: [1, 2] },
    /^labels: expected none, or one for each of 1 inputs, got 2$/,
  ],
  ['a negative distance', { inputs: image, maxDistance: -0.1 }, /^max_distance: .* got -0\.1$/],
  ['a NaN distance', { inputs: image, maxDistance: NaN }, /^max_distance: .* got NaN$/],
  ['an infinite distance', { inputs: image, maxDistance: Infinity }, /^max_distance: .* got Infinity$/],
  ['a target class of −1', { inputs: image, targetClass: -1 }, /^target_class: expected a class from 0 to 9, got -1$/],
  ['a target class of 10', { inputs: image, targetClass: 10 }, /^target_class: /],
  [
    'a budget of 0',
    { inputs: image, budget: { limit: { $case: 'maxGradientEvaluations', value: 0 } } },
    /^budget\.max_gradient_evaluations: expected a number from 1 to 10000, got 0$/,
  ],
  [
    'a budget beyond the limit',
    { inputs: image, budget: { limit: { $case: 'maxGradientEvaluations', value: 10_001 } } },
    /^budget\.max_gradient_evaluations: .* got 10001$/,
  ],
  [
    'an unknown effort',
    { inputs: image, budget: { limit: { $case: 'effort', value: unknown(9) } } },
    /^budget\.effort: .*got 9$/,
  ],
  ['an unknown norm', { inputs: image, threatModel: { norm: unknown(9) } }, /^threat_model\.norm: .*got 9$/],
  ['a path for a name', { inputs: image, model: { name: '../digits' } }, /name: expected .* got "\.\.\/digits"$/],
  ['an absolute path', { inputs: image, model: { name: '/etc/passwd' } }, /name: expected /],
  ['a zero byte in a name', { inputs: image, model: { name: 'digits\0' } }, /name: expected /],
  [
    'version 0',
    { inputs: image, model: { name: 'digits', selector: { $case: 'version', value: 0n } } },
    /^model\.version: expected a version number from 1, got 0$/,
  ],
];

describe('RobustnessService: bad input', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;

  before(async () => {
    registry = await temporaryRegistry();
    await registry.crown('digits', smallLenet(9));
    server = await startServer(registry.root, '--max-message-bytes', '40000000');
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');
  });

  after(async () => {
    await server.stop();
    await registry.remove();
  });

  // Whatever was refused, the server answers the next request from the same worker.
  afterEach(async () => {
    assert.equal((await client.classify({ inputs: image })).results.length, 1);
    assert.equal(await server.metric('maxmargin_worker_restarts_total'), 0);
  });

  for (const [what, request, details] of REFUSED) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(client.margin(request), (error: { code: Status; details: string }) => {
        assert.equal(error.code, Status.INVALID_ARGUMENT, error.details);
        assert.match(error.details, details);
        return true;
      });
    });
  }

  it('refuses bad inputs of Classify too', async () => {
    await assert.rejects(client.classify({ inputs: withValue(1, NaN) }), {
      code: Status.INVALID_ARGUMENT,
      details: 'inputs.data: input 0, value 1: expected a number from 0 to 1, got NaN',
    });
  });

  it('refuses a message beyond the limit', async () => {
    const inputs = { ...image, data: Buffer.alloc(50_000_000) };
    await assert.rejects(client.classify({ inputs }), { code: Status.RESOURCE_EXHAUSTED });
  });

  it('survives bytes that are no message', async () => {
    const raw = new RawClient(server.address, credentials.createInsecure());
    const path = '/maxmargin.v1.RobustnessService/Classify';
    const same = (bytes: Buffer) => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      raw.makeUnaryRequest(path, same, same, Buffer.from('ffffffffffff', 'hex'), (e) => {
        resolve(e);
      });
    });
    raw.close();
    assert.equal(error?.code, Status.INTERNAL);
  });
});
