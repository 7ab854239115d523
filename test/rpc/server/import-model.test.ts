import assert from 'node:assert/strict';
import { createClient, Status, type Client } from 'nice-grpc';
import { architectureOf, sizedFamily } from '../../../core/model/families.js';
import { buildModel } from '../../../core/model/model.js';
import { writeSafetensors } from '../../../core/model/safetensors.js';
import { initialWeights } from '../../../core/model/weights.js';
import { createRandom } from '../../../core/random.js';
import { ModelState, Norm } from '../../../proto/gen/maxmargin/v1/model.js';
import {
  RegistryServiceDefinition,
  type ImportModelRequest,
} from '../../../proto/gen/maxmargin/v1/registry_service.js';
import { RobustnessServiceDefinition } from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';

const inputs = imageBatch(2).tensor;
const { weights: arrays } = smallLenet(9);
const weights = Buffer.from(writeSafetensors(arrays));

describe('RegistryService: ImportModel', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let versions: Client<typeof RegistryServiceDefinition>;
  let robustness: Client<typeof RobustnessServiceDefinition>;

  before(async () => {
    registry = await temporaryRegistry();
    server = await startServer(registry.root);
    versions = createClient(RegistryServiceDefinition, server.channel);
    robustness = createClient(RobustnessServiceDefinition, server.channel);
  });

  after(async () => {
    await server.stop();
    await registry.remove();
  });

  it('publishes weights, crowns the first version, and answers with it', async () => {
    const version = await versions.importModel({ name: 'imported', architecture: 'lenet', weights });
    assert.deepEqual([version.name, version.version, version.state], ['imported', 1n, ModelState.READY]);
    assert.deepEqual(version.aliases, ['champion']);
    assert.deepEqual([version.norm, version.maxDistance], [Norm.LINF, 0.45]);
    assert.deepEqual(version.labels, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    assert.equal((await robustness.classify({ inputs })).version, 1n);
  });

  it('leaves the champion where it is for a second version, and sets the alias that is asked for', async () => {
    const request = { name: 'imported', architecture: 'lenet', weights, alias: 'challenger', norm: Norm.L2 };
    const version = await versions.importModel({ ...request, maxDistance: 3 });
    assert.deepEqual([version.version, version.aliases], [2n, ['challenger']]);
    assert.deepEqual([version.norm, version.maxDistance], [Norm.L2, 3]);
    assert.equal((await robustness.classify({ inputs })).version, 1n);
  });

  for (const [name, request] of [
    ['wrn-10-1', { inputShape: [28, 28, 1] }],
    ['mlp-8-6', {}],
    ['cnn-2-3-8', {}],
  ] as [string, Partial<ImportModelRequest>][])
    it(`publishes ${name} and classifies with it`, async () => {
      const family = sizedFamily(name, []);
      const model = buildModel(architectureOf(family, [28, 28, 1], 10));
      const file = Buffer.from(writeSafetensors(initialWeights(model, createRandom(3))));
      const version = await versions.importModel({ ...request, name, architecture: family.name, weights: file });
      assert.deepEqual([version.version, version.state, version.inputShape], [1n, ModelState.READY, [28n, 28n, 1n]]);
      const { results } = await robustness.classify({ model: { name }, inputs });
      assert.equal(results.length, 2);
      assert.ok(results.every(({ logits }) => logits.length === 10 && logits.every(Number.isFinite)));
    });

  const cut = weights.subarray(0, weights.length - 4);
  const claiming = Buffer.concat([Buffer.from('0000004000000000', 'hex'), weights.subarray(8)]);
  for (const [what, change, details] of [
    ['an unknown architecture', { architecture: 'resnet' }, /^architecture: /],
    ['a path for a name', { name: '../../tmp/x' }, /name/],
    ['no weights', { weights: Buffer.alloc(0) }, /weights/],
    ['weights that were cut off', { weights: cut }, /weights/],
    ['a header that claims 1 GiB', { weights: claiming }, /header/],
    ['a missing tensor', { weights: without('dense2.kernel') }, /dense2\.kernel/],
    ['NaN', { weights: withNaN('conv1.bias') }, /conv1\.bias/],
    ['too few labels', { labels: ['a'] }, /^labels: expected none, or one for each of 10 classes, got 1$/],
    ['a negative distance', { maxDistance: -1 }, /^max_distance: /],
    ['half a shape', { inputShape: [28, 28] }, /^input_shape: expected none, or height, .* got \[28, 28\]$/],
    ['a shape of nothing', { inputShape: [28, 0, 1] }, /^input_shape: .* got \[28, 0, 1\]$/],
    ['a shape that the weights do not fit', { inputShape: [12, 28, 1] }, /^weights: dense1\.kernel: expected float32/],
    ['a bad alias', { name: 'other', alias: 'a/b' }, /alias/],
  ] as [string, Partial<ImportModelRequest>, RegExp][]) {
    it(`refuses ${what}, and publishes nothing`, async () => {
      const request = { name: 'imported', architecture: 'lenet', weights, ...change };
      await assert.rejects(versions.importModel(request), (error: { code: Status; details: string }) => {
        assert.equal(error.code, Status.INVALID_ARGUMENT, error.details);
        assert.match(error.details, details);
        return true;
      });
      const { models } = await robustness.listModels({});
      assert.deepEqual(
        models.map(({ name, versions: all }) => [name, all.length]),
        [
          ['cnn-2-3-8', 1],
          ['imported', 2],
          ['mlp-8-6', 1],
          ['wrn-10-1', 1],
        ],
      );
    });
  }
});

function without(name: string): Buffer {
  return Buffer.from(writeSafetensors(Object.fromEntries(Object.entries(arrays).filter(([each]) => each !== name))));
}

function withNaN(name: string): Buffer {
  const { shape, data } = arrays[name]!;
  const broken = Float32Array.from(data);
  broken[0] = NaN;
  return Buffer.from(writeSafetensors({ ...arrays, [name]: { shape, data: broken } }));
}
