import assert from 'node:assert/strict';
import { connect } from '../../../../clients/client/connect.js';
import type { ConnectOptions } from '../../../../clients/client/call-policy.js';
import type { MaxMarginClient } from '../../../../clients/client/connect.js';
import { InvalidImagesError } from '../../../../clients/client/images.js';
import type { ClassifyRequest, MarginRequest } from '../../../../proto/gen/maxmargin/v1/robustness_service.js';
import { Effort, MarginResult_Status as Status } from '../../../../proto/gen/maxmargin/v1/robustness_service.js';
import { DType } from '../../../../proto/gen/maxmargin/v1/tensor.js';
import { ModelState, Norm } from '../../../../proto/gen/maxmargin/v1/model.js';
import { startFakeServices } from '../fake-services.js';
import type { FakeMethods, FakeServices } from '../fake-services.js';

async function withClient<T>(
  methods: FakeMethods,
  use: (client: MaxMarginClient, services: FakeServices) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const services = await startFakeServices(methods);
  const client = connect(services.address, options);
  try {
    return await use(client, services);
  } finally {
    client.close();
    services.kill();
  }
}

describe('robustness client', () => {
  it('sends float images as little-endian float32 and gives classes back', async () => {
    const requests: ClassifyRequest[] = [];
    const classify: FakeMethods['classify'] = (request) => {
      requests.push(request);
      const results = [{ predictedClass: 1, probabilities: [0.25, 0.75], logits: [-1, 2] }];
      return Promise.resolve({ results, model: 'digits', version: 3n });
    };
    const images = { data: Float32Array.of(0, 0.5, 1, 0.25), shape: [1, 2, 2, 1] };
    const answers = await withClient({ classify }, (client) =>
      client.classify(images, { model: { alias: 'challenger' } }),
    );
    assert.deepEqual(answers, {
      model: 'digits',
      version: 3,
      results: [{ predictedClass: 1, probabilities: [0.25, 0.75], logits: [-1, 2] }],
    });
    const { inputs, model } = requests[0]!;
    assert.deepEqual(model, { name: '', selector: { $case: 'alias', value: 'challenger' } });
    assert.deepEqual(inputs!.shape, [1n, 2n, 2n, 1n]);
    assert.equal(inputs!.dtype, DType.FLOAT32);
    const view = new DataView(inputs!.data.buffer, inputs!.data.byteOffset, inputs!.data.byteLength);
    assert.deepEqual(
      [0, 4, 8, 12].map((at) => view.getFloat32(at, true)),
      [0, 0.5, 1, 0.25],
    );
  });

  it('splits a batch, pins the version that answered first, and keeps labels and order', async () => {
    const requests: MarginRequest[] = [];
    const margin: FakeMethods['margin'] = (request) => {
      requests.push(request);
      const first = request.inputs!.data[0]!;
      const results = request.labels.map((label, i) => ({
        label,
        predictedClass: first + i,
        status: Status.NOT_FOUND,
        adversarialClass: -1,
      }));
      return Promise.resolve({ results, model: 'digits', version: BigInt(requests.length + 6) });
    };
    const images = { data: Uint8Array.from({ length: 7 }, (_, i) => i), shape: [7, 1, 1, 1] };
    const labels = [6, 5, 4, 3, 2, 1, 0];
    const answers = await withClient({ margin }, (client) => client.margins(images, { labels }), { maxBatch: 3 });
    assert.deepEqual(
      requests.map((request) => [...request.inputs!.data]),
      [[0, 1, 2], [3, 4, 5], [6]],
    );
    assert.equal(requests[0]!.inputs!.dtype, DType.UINT8);
    assert.equal(requests[0]!.model!.selector, undefined);
    assert.deepEqual(requests[1]!.model, { name: 'digits', selector: { $case: 'version', value: 7n } });
    assert.deepEqual(
      answers.results.map((result) => [result.label, result.predictedClass, result.status, result.adversarialClass]),
      labels.map((label, i) => [label, i, 'not-found', undefined]),
    );
  });

  it('states norm, budget, target and seed, and gives perturbations back as arrays', async () => {
    const requests: MarginRequest[] = [];
    const delta = Float32Array.of(0.5, -0.25);
    const margin: FakeMethods['margin'] = (request) => {
      requests.push(request);
      const perturbation = { shape: [2n, 1n, 1n], dtype: DType.FLOAT32, data: Buffer.from(delta.buffer) };
      const result = { status: Status.FOUND, distance: 0.5, adversarialClass: 4, perturbation, converged: true };
      return Promise.resolve({ results: [result], model: 'digits', version: 1n });
    };
    const images = { data: new Uint8Array(2), shape: [1, 2, 1, 1] };
    const answers = await withClient({ margin }, async (client) => {
      await client.margins(images, { budget: 17 });
      return client.margins(images, {
        norm: 'l2',
        budget: 'fast',
        targetClass: 0,
        seed: 2n ** 63n,
        maxDistance: 1.5,
        returnPerturbations: true,
      });
    });
    const [counted, named] = requests;
    assert.deepEqual(counted!.budget!.limit, { $case: 'maxGradientEvaluations', value: 17 });
    assert.equal(counted!.targetClass, undefined);
    assert.deepEqual(named!.budget!.limit, { $case: 'effort', value: Effort.FAST });
    assert.deepEqual(
      [named!.threatModel!.norm, named!.maxDistance, named!.targetClass, named!.seed, named!.returnPerturbations],
      [Norm.L2, 1.5, 0, 2n ** 63n, true],
    );
    const [result] = answers.results;
    assert.equal(result!.status, 'found');
    assert.equal(result!.adversarialClass, 4);
    assert.deepEqual(result!.perturbation, { data: delta, shape: [2, 1, 1] });
  });

  it('shares a deadline among the parts of a batch', async () => {
    const classify: FakeMethods['classify'] = () => Promise.resolve({ results: [{}], model: 'digits', version: 1n });
    const images = { data: new Uint8Array(2), shape: [2, 1, 1, 1] };
    const timeLeftMs = await withClient(
      { classify },
      async (client, services) => {
        await client.classify(images, { deadlineMs: 10_000 });
        return services.timeLeftMs;
      },
      { maxBatch: 1 },
    );
    assert.ok(timeLeftMs[0]! > 4_000 && timeLeftMs[0]! <= 5_000, String(timeLeftMs));
    assert.ok(timeLeftMs[1]! > 9_000 && timeLeftMs[1]! <= 10_000, String(timeLeftMs));
  });

  it('refuses images that cannot be right before it sends them', async () => {
    await withClient({}, async (client) => {
      const refuses = (data: Float32Array | Uint8Array, shape: number[], message: RegExp) =>
        assert.rejects(client.classify({ data, shape }), (error: Error) => {
          assert.ok(error instanceof InvalidImagesError);
          assert.match(error.message, message);
          return true;
        });
      await refuses(new Uint8Array(4), [4], /images\.shape: expected \[n, .*got \[4\]/);
      await refuses(new Uint8Array(0), [0, 2, 2, 1], /images\.shape: .*got \[0, 2, 2, 1\]/);
      await refuses(new Uint8Array(3), [1, 2, 2, 1], /images\.data: expected 4 values .*got 3/);
      await refuses(Float32Array.of(0, NaN), [1, 2], /images\.data\[1\]: expected a finite number, got NaN/);
      await assert.rejects(
        client.margins({ data: new Uint8Array(2), shape: [2, 1] }, { labels: [1] }),
        /labels: expected one an image \(2\), got 1/,
      );
    });
  });

  it('gives models back as plain objects', async () => {
    const version = {
      name: 'digits',
      version: 2n,
      state: ModelState.READY,
      aliases: ['champion'],
      publishTime: { seconds: 1_700_000_000n, nanos: 500_000_000 },
      inputShape: [28n, 28n, 1n],
      upperBound: 1,
      labels: ['0', '1'],
      norm: Norm.LINF,
      maxDistance: 0.45,
      evaluation: { examples: 1000n, histogramEdges: [0.1], histogramCounts: [3n, 4n], norm: Norm.LINF },
      manifestJson: '{"format":1}',
    };
    const listModels: FakeMethods['listModels'] = () =>
      Promise.resolve({ models: [{ name: 'digits', versions: [version], aliases: { champion: 2n } }] });
    const [model] = await withClient({ listModels }, (client) => client.listModels());
    assert.deepEqual(model!.aliases, { champion: 2 });
    const [plain] = model!.versions;
    assert.equal(plain!.version, 2);
    assert.equal(plain!.state, 'ready');
    assert.deepEqual(plain!.publishTime, new Date(1_700_000_000_500));
    assert.deepEqual(plain!.inputShape, [28, 28, 1]);
    assert.deepEqual(plain!.bounds, { lower: 0, upper: 1 });
    assert.deepEqual(plain!.manifest, { format: 1 });
    assert.equal(plain!.evaluation!.examples, 1000);
    assert.deepEqual(plain!.evaluation!.histogramCounts, [3, 4]);
  });
});
