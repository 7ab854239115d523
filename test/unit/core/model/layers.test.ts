import assert from 'node:assert/strict';
import { grad, memory, mul, sum, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { Architecture, Layer } from '../../../../core/model/architecture.js';
import { buildModel } from '../../../../core/model/model.js';
import { initialWeights, splitWeights, toHost, toTensors } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const FLAT: Layer = { kind: 'flatten' };

function of(inputShape: Architecture['inputShape'], classes: number, ...layers: Layer[]): Architecture {
  return { family: 'test', inputShape, classes, layers };
}

/** The logits of an architecture for an input, given or initial weights. */
async function logitsOf(
  architecture: Architecture,
  inputs: readonly number[],
  training = false,
): Promise<Float32Array> {
  const model = buildModel(architecture);
  const tensors = toTensors(initialWeights(model, createRandom(1)));
  const { parameters, statistics } = splitWeights(model, tensors);
  const logits = tidy(() => {
    const images = tensor4d(
      [...inputs],
      [inputs.length / architecture.inputShape.reduce((a, b) => a * b), ...architecture.inputShape],
    );
    return model.apply(parameters, statistics, images, training).logits;
  });
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  Object.values(tensors).forEach((tensor) => {
    tensor.dispose();
  });
  return values;
}

describe('layers', () => {
  before(() => openEngine(TEST_ENGINE));

  it('standardise: zero mean and unit deviation, whatever the contrast above the floor', async () => {
    const random = createRandom(2);
    const pixels = Array.from({ length: 12 * 12 * 3 }, () => 0.5 + 0.3 * random.uniform());
    const values = await logitsOf(of([12, 12, 3], 432, { kind: 'standardise' }, FLAT), pixels);
    const mean = pixels.reduce((a, b) => a + b) / 432;
    const deviation = Math.sqrt(pixels.reduce((a, b) => a + (b - mean) ** 2, 0) / 432);
    assertClose(
      values,
      pixels.map((pixel) => (pixel - mean) / deviation),
      1e-5,
    );
  });

  it('standardise: a deviation below 1/√V counts as 1/√V, and the gradient of one colour is finite', async () => {
    const architecture = of([2, 2, 1], 4, { kind: 'standardise' }, FLAT);
    assertClose(await logitsOf(architecture, [0.5, 0.5, 0.5, 0.7]), [-0.1, -0.1, -0.1, 0.3], 1e-6);
    const gradient = tidy(() =>
      grad((x) => {
        const { logits } = buildModel(architecture).apply({}, {}, x as Tensor4D, false);
        return sum(mul(logits, [1, 0, 0, 0]));
      })(tensor4d([0.5, 0.5, 0.5, 0.5], [1, 2, 2, 1])),
    );
    assertClose(await gradient.data(), [1.5, -0.5, -0.5, -0.5], 1e-6);
    gradient.dispose();
  });

  it('batchNorm: in training the batch has mean 0 and variance 1; running values move by a tenth, the variance by the unbiased one', async () => {
    const model = buildModel(of([1, 2, 1], 2, { kind: 'batchNorm', name: 'bn' }, FLAT));
    const before = memory().numTensors;
    const tensors = toTensors(initialWeights(model, createRandom(1)));
    const { parameters, statistics } = splitWeights(model, tensors);
    const result = tidy(() => {
      const { logits, statistics: moved } = model.apply(
        parameters,
        statistics,
        tensor4d([1, 2, 3, 6], [2, 1, 2, 1]),
        true,
      );
      return { logits, ...moved };
    });
    // Mean 3, population variance 3.5, unbiased 14/3.
    const s = Math.sqrt(3.5 + 1e-5);
    assertClose(await result.logits.data(), [-2 / s, -1 / s, 0, 3 / s], 1e-6);
    const { 'bn.mean': mean, 'bn.variance': variance } = await toHost(result);
    assertClose(mean!.data, [0.3], 1e-6);
    assertClose(variance!.data, [0.9 + 0.1 * (14 / 3)], 1e-6);
    for (const tensor of [...Object.values(result), ...Object.values(tensors)]) tensor.dispose();
    assert.equal(memory().numTensors, before);
  });

  it('batchNorm: in evaluation it is γ (x − μ) / √(σ² + ε) + β, and the statistics given are those returned', async () => {
    const model = buildModel(of([1, 1, 2], 2, { kind: 'batchNorm', name: 'bn' }, FLAT));
    const one = (...data: number[]) => ({ shape: [2], data: Float32Array.from(data) });
    const given = {
      'bn.scale': one(2, 3),
      'bn.offset': one(0.5, -1),
      'bn.mean': one(1, 2),
      'bn.variance': one(4, 0.25),
    };
    const tensors = toTensors(given);
    const { parameters, statistics } = splitWeights(model, tensors);
    const { logits, statistics: returned } = tidy(() =>
      model.apply(parameters, statistics, tensor4d([3, 1], [1, 1, 1, 2]), false),
    );
    assertClose(await logits.data(), [2.5, -7], 1e-4);
    assert.equal(returned, statistics);
    for (const tensor of [logits, ...Object.values(tensors)]) tensor.dispose();
  });

  it('globalAverage: the mean of each channel', async () => {
    assertClose(await logitsOf(of([1, 2, 2], 2, { kind: 'globalAverage' }), [1, 10, 3, 30]), [2, 20], 1e-6);
  });

  it("conv2d: a stride of 2 starts at the first pixel, as PyTorch's padding has it", async () => {
    const layer: Layer = { kind: 'conv2d', name: 'c', filters: 1, kernelSize: 3, stride: 2, bias: false };
    const architecture = of([4, 4, 1], 4, layer, FLAT);
    const model = buildModel(architecture);
    // A kernel that looks one pixel up and left.
    const kernel = { shape: [3, 3, 1, 1], data: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) };
    const tensors = toTensors({ 'c.kernel': kernel });
    const pixels = Array.from({ length: 16 }, (_, i) => i + 1);
    const logits = tidy(() => model.apply(tensors, {}, tensor4d(pixels, [1, 4, 4, 1]), false).logits);
    assert.deepEqual([...(await logits.data())], [0, 0, 0, 6]);
    for (const tensor of [logits, ...Object.values(tensors)]) tensor.dispose();
  });
});
