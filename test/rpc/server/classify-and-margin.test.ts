import assert from 'node:assert/strict';
import { clipByValue, add, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { createClient, type Client } from 'nice-grpc';
import { openEngine } from '../../../core/engine/open-engine.js';
import { largestLogit } from '../../../core/margin/host-logits.js';
import { buildModel } from '../../../core/model/model.js';
import { splitWeights, toTensors } from '../../../core/model/weights.js';
import { ModelState, Norm } from '../../../proto/gen/maxmargin/v1/model.js';
import {
  Effort,
  MarginResult_Status as Status,
  RobustnessServiceDefinition,
  type MarginResult,
} from '../../../proto/gen/maxmargin/v1/robustness_service.js';
import { DType } from '../../../proto/gen/maxmargin/v1/tensor.js';
import { eventually } from '../../support/eventually.js';
import { floatsOf, floatTensor, imageBatch } from '../../support/image-batch.js';
import { smallLenet } from '../../support/published-model.js';
import { NO_PROMTOOL, lintMetrics } from '../../support/promtool.js';
import { startServer, type ServerProcess } from '../../support/server-process.js';
import { temporaryRegistry, type TemporaryRegistry } from '../../support/temporary-registry.js';
import { TEST_ENGINE } from '../../support/test-engine.js';

const FAST = { limit: { $case: 'effort', value: Effort.FAST } } as const;

describe('RobustnessService: classes and margins', () => {
  let registry: TemporaryRegistry;
  let server: ServerProcess;
  let client: Client<typeof RobustnessServiceDefinition>;
  /** Logits of images by the model itself, in this process. */
  let logitsOf: (images: Float32Array) => Float32Array[];

  before(async () => {
    registry = await temporaryRegistry();
    const publication = smallLenet(9);
    await registry.crown('digits', publication);
    server = await startServer(registry.root);
    client = createClient(RobustnessServiceDefinition, server.channel);
    await server.line(({ msg }) => msg === 'ready');

    await openEngine(TEST_ENGINE);
    const model = buildModel(publication.architecture);
    const { parameters, statistics } = splitWeights(model, toTensors(publication.weights));
    logitsOf = (images) => {
      const values = tidy(() => {
        const inputs: Tensor4D = tensor4d(images, [images.length / 784, 28, 28, 1]);
        return model.apply(parameters, statistics, inputs, false).logits.arraySync();
      });
      return values.map((row) => Float32Array.from(row));
    };
  });

  after(async () => {
    await server.stop();
    await registry.remove();
  });

  /** Asserts that a result's perturbation has its distance, stays in the box, and leads where it says. */
  const verify = (image: Float32Array, result: MarginResult, norm: 'linf' | 'l2', maxDistance: number): void => {
    assert.equal(result.status, Status.FOUND);
    assert.ok(result.perturbation);
    assert.deepEqual(result.perturbation.shape, [28n, 28n, 1n]);
    const perturbation = floatsOf(result.perturbation);
    const length =
      norm === 'linf'
        ? Math.max(...perturbation.map(Math.abs))
        : Math.sqrt(perturbation.reduce((sum, value) => sum + value * value, 0));
    assert.ok(Math.abs(length - result.distance) < 1e-6, `${length} is not ${result.distance}`);
    assert.ok(result.distance > 0 && result.distance <= maxDistance);
    const moved = tidy(() => clipByValue(add(image, perturbation), 0, 1).dataSync() as Float32Array);
    const reached = largestLogit(logitsOf(moved)[0]!);
    assert.notEqual(reached, result.label);
    assert.equal(reached, result.adversarialClass);
  };

  it('answers Classify with what the model itself says, whatever the batch', async () => {
    const { values, tensor } = imageBatch(70);
    const response = await client.classify({ inputs: tensor });
    assert.deepEqual([response.model, response.version], ['digits', 1n]);
    assert.equal(response.results.length, 70);
    for (const [index, expected] of logitsOf(values).entries()) {
      const { logits, probabilities, predictedClass } = response.results[index]!;
      for (const [j, logit] of logits.entries()) assert.ok(Math.abs(logit - expected[j]!) < 1e-5);
      assert.equal(predictedClass, largestLogit(expected));
      assert.ok(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-6);
      // p_i / p_j = exp(z_i − z_j)
      assert.ok(Math.abs(Math.log(probabilities[0]! / probabilities[9]!) - (logits[0]! - logits[9]!)) < 1e-5);
    }
  });

  it('reads UINT8 as 255ths', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 784 }, (_, i) => (i * 31) % 256));
    const { results } = await client.classify({
      inputs: { shape: [1n, 28n, 28n, 1n], dtype: DType.UINT8, data: bytes },
    });
    const expected = logitsOf(Float32Array.from(bytes, (byte) => byte / 255))[0]!;
    for (const [j, logit] of results[0]!.logits.entries()) assert.ok(Math.abs(logit - expected[j]!) < 1e-5);
  });

  it('finds ℓ∞ margins by default, whose perturbations do what they say', async () => {
    const { values, tensor } = imageBatch(3);
    const { results, model, version } = await client.margin({ inputs: tensor, returnPerturbations: true });
    assert.deepEqual([model, version, results.length], ['digits', 1n, 3]);
    for (const [index, result] of results.entries()) {
      verify(values.subarray(index * 784, (index + 1) * 784), result, 'linf', 1.05 * 0.45);
      assert.equal(result.predictedClass, result.label);
      assert.ok(result.logitMargin < 0);
      assert.ok(result.gradientEvaluations >= 1 && result.gradientEvaluations <= 100);
      assert.equal(result.converged, false, 'a hundred gradients do not tell');
      assert.equal(result.lowerBound, 0);
      assert.notEqual(result.attack, '');
    }
  });

  it('finds ℓ2 margins where they are asked for', async () => {
    const { values, tensor } = imageBatch(1, 5);
    const request = { inputs: tensor, threatModel: { norm: Norm.L2 }, budget: FAST, returnPerturbations: true };
    const { results } = await client.margin(request);
    verify(values, results[0]!, 'l2', 1.05 * 2);
    assert.ok(results[0]!.gradientEvaluations <= 20);
  });

  it('gives the same answer to the same image, whatever its place, its neighbours and the cut of the batch', async () => {
    const bytes = Uint8Array.from(imageBatch(20).values, (value) => Math.floor(256 * value));
    const rowsOf = (rows: readonly number[]): Uint8Array =>
      Uint8Array.from(rows.flatMap((row) => [...bytes.subarray(row * 784, (row + 1) * 784)]));
    const ask = async (rows: readonly number[], dtype: DType = DType.UINT8) => {
      const shape = [rows.length, 28, 28, 1];
      const data = Buffer.from(rowsOf(rows));
      const inputs =
        dtype === DType.UINT8
          ? { shape: shape.map(BigInt), dtype, data }
          : floatTensor(
              shape,
              Float32Array.from(data, (byte) => byte / 255),
            );
      return (await client.margin({ inputs, seed: 7n })).results;
    };
    const all = Array.from({ length: 20 }, (_, row) => row);
    const whole = await ask(all);
    assert.deepEqual(await ask(all), whole, 'the same request');
    const backwards = all.toReversed();
    const parts = [all.slice(0, 13), all.slice(13), backwards, [4, 4, 4], [19], all.slice(5, 9)];
    for (const [results, rows] of [
      ...(await Promise.all(parts.map(async (rows) => [await ask(rows), rows] as const))),
      [await ask(all, DType.FLOAT32), all] as const,
    ]) {
      for (const [index, { distance, status }] of results.entries()) {
        const same = whole[rows[index]!]!;
        assert.equal(status, same.status);
        assert.ok(Math.abs(distance / same.distance - 1) < 1e-4, `image ${rows[index]}: ${distance} ${same.distance}`);
      }
    }
  });

  it('says MISCLASSIFIED at distance 0 for a label that the model does not give, without a search', async () => {
    const { values, tensor } = imageBatch(1);
    const label = (largestLogit(logitsOf(values)[0]!) + 1) % 10;
    const { results } = await client.margin({ inputs: tensor, labels: [label], returnPerturbations: true });
    const { status, distance, gradientEvaluations, perturbation, adversarialClass, logitMargin } = results[0]!;
    assert.deepEqual([status, distance, gradientEvaluations, perturbation], [Status.MISCLASSIFIED, 0, 0, undefined]);
    assert.equal(adversarialClass, -1);
    assert.ok(logitMargin > 0);
  });

  it('says NOT_FOUND up to a distance at which nothing is, which is no error', async () => {
    const { results } = await client.margin({ inputs: imageBatch(1).tensor, maxDistance: 1e-4, budget: FAST });
    const { status, distance, adversarialClass } = results[0]!;
    assert.deepEqual([status, distance, adversarialClass], [Status.NOT_FOUND, 1e-4, -1]);
  });

  it('finds perturbations to the class that is asked for', async () => {
    const { values, tensor } = imageBatch(1);
    const row = logitsOf(values)[0]!;
    const second = row.indexOf([...row].sort((a, b) => b - a)[1]!);
    const { results } = await client.margin({ inputs: tensor, targetClass: second, returnPerturbations: true });
    verify(values, results[0]!, 'linf', 1.05 * 0.45);
    assert.equal(results[0]!.adversarialClass, second);
  });

  it('says TARGET_REACHED of an input that is answered with the target, which is not misclassified', async () => {
    const { values, tensor } = imageBatch(1);
    const answer = largestLogit(logitsOf(values)[0]!);
    const of = (result: string) => server.metric('maxmargin_margins_total', `result="${result}"`);
    const [wrong, reached] = [await of('misclassified'), await of('target-reached')];
    for (const label of [answer, (answer + 1) % 10]) {
      const request = { inputs: tensor, labels: [label], targetClass: answer, returnPerturbations: true };
      const [result] = (await client.margin(request)).results;
      assert.deepEqual([result!.status, result!.distance], [Status.TARGET_REACHED, 0]);
      assert.deepEqual([result!.label, result!.perturbation], [label, undefined]);
    }
    const target = (answer + 1) % 10;
    const [other] = (await client.margin({ inputs: tensor, labels: [(answer + 2) % 10], targetClass: target })).results;
    assert.ok(other!.gradientEvaluations > 0, 'the label does not end the search');
    assert.ok(other!.status === Status.NOT_FOUND || other!.adversarialClass === target);
    assert.deepEqual([await of('misclassified'), await of('target-reached')], [wrong, reached + 2]);
  });

  it('lists models and shows a version with its manifest', async () => {
    const { models } = await client.listModels({});
    assert.deepEqual(
      models.map(({ name, aliases }) => [name, aliases]),
      [['digits', { champion: 1n }]],
    );
    const version = await client.getModel({});
    assert.equal(version.state, ModelState.READY);
    assert.deepEqual(version.aliases, ['champion']);
    assert.deepEqual(version.inputShape, [28n, 28n, 1n]);
    assert.deepEqual([version.norm, version.maxDistance], [Norm.LINF, 0.45]);
    assert.ok(Math.abs(Number(version.publishTime!.seconds) * 1_000 - Date.now()) < 600_000);
    assert.equal((JSON.parse(version.manifestJson) as { name: string }).name, 'digits');
  });

  it('counts what it found, and no tensor is left in the worker', async () => {
    const tensors = () => server.metric('maxmargin_engine_tensors');
    const of = (name: string, result = '') => server.metric(`maxmargin_${name}`, result);
    const [found, spent] = [await of('margins_total', 'result="found"'), await of('gradient_evaluations_total')];
    const { results } = await client.margin({ inputs: imageBatch(2, 9).tensor, budget: FAST });
    assert.equal((await of('margins_total', 'result="found"')) - found, 2);
    const evaluations = results.reduce((sum, { gradientEvaluations }) => sum + gradientEvaluations, 0);
    assert.equal((await of('gradient_evaluations_total')) - spent, evaluations);
    assert.ok((await of('margins_total', 'result="misclassified"')) >= 1);
    assert.ok((await of('margins_total', 'result="not-found"')) >= 1);
    const { body } = await server.get('/metrics');
    assert.match(body, /maxmargin_margin_distance_bucket\{le="0.225",model="digits",version="1",norm="linf"\} \d/);
    assert.match(body, /maxmargin_margin_distance_bucket\{le="1",model="digits",version="1",norm="l2"\} \d/);

    const checked = await of('margins_checked_total');
    await client.margin({ inputs: imageBatch(2, 9).tensor, labels: [0, 1], budget: FAST });
    await client.margin({ inputs: imageBatch(2, 9).tensor, labels: [0, 1], targetClass: 5, budget: FAST });
    assert.equal((await of('margins_checked_total')) - checked, 2);
    assert.ok((await of('margin_duration_seconds_count', 'version="1",norm="linf"')) >= 3);

    const classified = await of('classifications_total', 'version="1",result="classified"');
    const answered = await of('classify_duration_seconds_count', 'version="1"');
    await client.classify({ inputs: imageBatch(3, 9).tensor });
    assert.equal((await of('classifications_total', 'version="1",result="classified"')) - classified, 3);
    assert.equal((await of('classify_duration_seconds_count', 'version="1"')) - answered, 1);
    assert.match(body, /^maxmargin_classifications_total\{model="digits",version="1",result="failed"\} 0$/m);
    assert.match(body, /^maxmargin_margins_total\{model="digits",version="1",norm="l2",result="failed"\} 0$/m);
    assert.match(body, /^maxmargin_model_refusals_total\{model="digits"\} 0$/m);
    if (NO_PROMTOOL === '') assert.equal(lintMetrics(body), '');

    // Pings bring the number once a second: it must come back to what an idle worker has, its eight weights.
    await eventually(tensors, (count) => count <= 20);
  });
});
