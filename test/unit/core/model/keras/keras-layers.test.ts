import assert from 'node:assert/strict';
import { dispose, grad, grads, memory, mul, sum, tensor, tensor2d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { readKerasWeights } from '../../../../../core/model/keras/read-weights.js';
import { parseArchitecture } from '../../../../../core/model/parse-architecture.js';
import { checkedOnnx } from '../../../../../core/export/export-version.js';
import { readLayersModel, writeLayersModel } from '../../../../../core/model/layers-model.js';
import { buildModel } from '../../../../../core/model/model.js';
import { splitWeights, toHost, toTensors } from '../../../../../core/model/weights.js';
import { createRandom } from '../../../../../core/random.js';
import { assertClose } from '../../../../support/close.js';
import {
  ACTIVATIONS,
  IMAGE_LAYERS,
  kerasModel,
  loadedModel,
  nestedModel,
  logitsOf,
  onReference,
  randomLayerNames,
  savedModel,
} from '../../../../support/keras-models.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

const CLASSES = 3;
const BATCH = 2;

/** A model that TensorFlow.js saved, as it is read here. */
async function readModel(theirs: LayersModel) {
  const { json, weights } = await savedModel(theirs);
  const architecture = readTopology(json);
  const host = readKerasWeights(json, architecture, weights);
  return { json, architecture, host, model: buildModel(architecture) };
}

function imagesOf(theirs: LayersModel, seed: number): Tensor4D {
  const [, height = 1, width = 1, channels = 1] = theirs.inputs[0]!.shape as number[];
  return tensor4d(createRandom(seed).uniforms(BATCH * height * width * channels), [BATCH, height, width, channels]);
}

describe('Keras layers', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });

  const random = createRandom(11);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ...Object.keys(IMAGE_LAYERS).map((name) => [name, [name]] as const),
    ...ACTIVATIONS.map((name) => [`activation ${name}`, [name]] as const),
    ...Array.from({ length: 6 }, () => {
      const names = ['conv2d', ...randomLayerNames(random, 4)];
      return [names.join(', '), names] as const;
    }),
  ];
  for (const [index, [title, names]] of cases.entries()) {
    it(`${title}: the logits of TensorFlow.js, there and back, and a gradient that differences confirm`, async () => {
      const theirs = onReference(() => kerasModel(names, index));
      const inputs = imagesOf(theirs, index);
      const expected = onReference(() => logitsOf(theirs, inputs));
      const { architecture, host, model } = await readModel(theirs);
      const weightings = tensor2d(createRandom(index).uniforms(BATCH * CLASSES), [BATCH, CLASSES]);

      const before = memory().numTensors;
      const tensors = toTensors(host);
      const logitsOfWeights = (weights: TensorMap, x: Tensor4D): Tensor2D => {
        const { parameters, statistics } = splitWeights(model, weights as Readonly<Record<string, Tensor>>);
        return model.apply(parameters, statistics, x, false).logits;
      };
      const pass = engine.compile((weights: TensorMap, x: Tensor4D, by: Tensor2D) => ({
        logits: logitsOfWeights(weights, x),
        gradient: grad((given: Tensor) => sum(mul(logitsOfWeights(weights, given as Tensor4D), by)))(x),
      }));
      const { logits, gradient } = tidy(() => pass(tensors, inputs, weightings));
      assertClose(await logits.data(), expected, 1e-5);
      assertDirectional(theirs, inputs, weightings, await gradient.data<'float32'>());
      dispose([...Object.values(tensors), logits, gradient]);
      assert.equal(memory().numTensors, before);

      const files = writeLayersModel(architecture, host);
      assert.deepEqual(readLayersModel(files), { architecture, weights: host });
      const again = await loadedModel(files);
      assertClose(
        onReference(() => logitsOf(again, inputs)),
        expected,
        1e-5,
      );
      again.dispose();
      theirs.dispose();
      dispose([inputs, weightings]);
    });
  }

  it('batch normalisation in training: the logits and the moved statistics of TensorFlow.js', async () => {
    const theirs = onReference(() => kerasModel(['conv2d', 'wholeBatchNormalization', 'leakyReLU'], 2));
    const inputs = imagesOf(theirs, 2);
    const { json, host, model } = await readModel(theirs);
    const expected = onReference(() => (theirs.apply(inputs, { training: true }) as Tensor).dataSync<'float32'>());
    const moved = readKerasWeights(json, model.architecture, (await savedModel(theirs)).weights);
    const before = memory().numTensors;
    const tensors = toTensors(host);
    const step = engine.compile((weights: TensorMap, x: Tensor4D) => {
      const { parameters, statistics } = splitWeights(model, weights as Readonly<Record<string, Tensor>>);
      return model.apply(parameters, statistics, x, true);
    });
    const { logits, statistics } = tidy(() => step(tensors, inputs));
    assertClose(await logits.data(), expected, 2e-5);
    const ours = await toHost(statistics);
    assert.equal(Object.keys(ours).length, 4);
    for (const [name, { data }] of Object.entries(ours)) {
      assert.notDeepEqual(data, host[name]!.data);
      assertClose(data, moved[name]!.data, 1e-5);
    }
    dispose([...Object.values(tensors), ...Object.values(statistics), logits]);
    assert.equal(memory().numTensors, before);
    theirs.dispose();
    inputs.dispose();
  });

  it('gradients in every weight, through the statistics of the batch, are what differences say', async () => {
    const names = ['conv2d', 'separable', 'dilated', 'batchNormalization', 'prelu', 'layerNormalization', 'residual'];
    const theirs = onReference(() => kerasModel(names, 6));
    const inputs = imagesOf(theirs, 6);
    const { host, model } = await readModel(theirs);
    const tensors = toTensors(host);
    const { parameters, statistics } = splitWeights(model, tensors);
    const keys = Object.keys(parameters);
    const score = (values: readonly Tensor[], others: TensorMap, x: Tensor4D): Tensor => {
      const weights = Object.fromEntries(keys.map((key, index) => [key, values[index]!]));
      const { logits } = model.apply(weights, others, x, true);
      return sum(mul(logits, tensor2d([1, -2, 3, -1, 2, 1], [BATCH, CLASSES])));
    };
    const pass = engine.compile((weights: readonly Tensor[], others: TensorMap, x: Tensor4D) =>
      grads((...values: Tensor[]) => score(values, others, x))([...weights]),
    );
    const list = keys.map((key) => parameters[key]!);
    const slopes = tidy(() => pass(list, statistics, inputs));
    const random = createRandom(9);
    for (const [index, key] of keys.entries()) {
      const values = list[index]!.dataSync<'float32'>();
      const direction = Float32Array.from(values, () => (random.below(2) === 0 ? 1e-3 : -1e-3));
      const moved = (sign: number): number =>
        onReference(() =>
          tidy(() => {
            const other = tensor(
              values.map((value, i) => value + sign * direction[i]!),
              list[index]!.shape,
            );
            return score(list.with(index, other), statistics, inputs).dataSync<'float32'>()[0]!;
          }),
        );
      const expected = (moved(1) - moved(-1)) / 2;
      const slope = slopes[index]!.dataSync<'float32'>();
      const actual = slope.reduce((total, each, i) => total + each * direction[i]!, 0);
      const scale = 1e-3 * Math.hypot(...slope);
      assert.ok(Math.abs(actual - expected) <= 0.03 * scale + 2e-5, `${key}: ${actual}, by differences ${expected}`);
    }
    theirs.dispose();
    dispose([inputs, ...slopes, ...Object.values(tensors)]);
  });

  it('models in a model: their layers take their place', async () => {
    const theirs = onReference(() => nestedModel(5));
    const inputs = imagesOf(theirs, 5);
    const { architecture, host, model } = await readModel(theirs);
    const tensors = toTensors(host);
    const { parameters, statistics } = splitWeights(model, tensors);
    const logits = tidy(() => model.apply(parameters, statistics, inputs, false).logits);
    const expected = onReference(() => logitsOf(theirs, inputs));
    assertClose(await logits.data(), expected, 1e-5);
    const again = await loadedModel(writeLayersModel(architecture, host));
    const flat = onReference(() => logitsOf(again, inputs));
    assertClose(flat, expected, 1e-5);
    again.dispose();
    theirs.dispose();
    dispose([inputs, logits, ...Object.values(tensors)]);
  });

  it('dropout and noise do nothing in training either', () => {
    const nodes = ['Dropout', 'GaussianNoise', 'GaussianDropout'].map((className, index) => ({
      name: className,
      className,
      inputs: [['input', 'Dropout', 'GaussianNoise'][index]!],
      config: {},
    }));
    const flat = { name: 'flat', className: 'Flatten', inputs: ['GaussianDropout'], config: {} };
    const architecture = parseArchitecture({
      family: 'layers-model',
      inputShape: [1, 2, 1],
      classes: 2,
      layers: [{ kind: 'layersModel', nodes: [...nodes, flat] }],
    });
    tidy(() => {
      const images = tensor4d([0.25, 0.5], [1, 1, 2, 1]);
      const { logits } = buildModel(architecture).apply({}, {}, images, true);
      assert.deepEqual([...logits.dataSync()], [0.25, 0.5]);
    });
  });

  it('a network of them exports to ONNX, and ONNX Runtime agrees with TensorFlow.js', async () => {
    const names = [
      'depthwise',
      'batchNormalization',
      'inception',
      'squeeze',
      'averagePooling',
      'residual',
      'denseOfChannels',
    ];
    const theirs = onReference(() => kerasModel(names, 8));
    const { architecture, host } = await readModel(theirs);
    const { bytes, check } = await checkedOnnx(writeLayersModel(architecture, host), {
      bounds: { lower: 0, upper: 1 },
      labels: ['a', 'b', 'c'],
      threatModel: { norm: 'linf', maxDistance: 0.3 },
    });
    assert.ok(bytes.length > 0);
    assert.ok('largestDifference' in check && check.largestDifference < 1e-4, JSON.stringify(check));
    theirs.dispose();
  });
});

/** Central differences of the logits of TensorFlow.js along random directions. */
function assertDirectional(theirs: LayersModel, inputs: Tensor4D, weightings: Tensor2D, gradient: Float32Array): void {
  const random = createRandom(3);
  const step = 5e-4;
  const score = (x: Tensor4D): number => {
    const logits = logitsOf(theirs, x);
    return weightings.dataSync<'float32'>().reduce((total, weight, i) => total + weight * logits[i]!, 0);
  };
  const values = inputs.dataSync<'float32'>();
  for (let draw = 0; draw < 3; draw++) {
    const direction = Float32Array.from(values, () => (random.below(2) === 0 ? step : -step));
    const moved = (sign: number) =>
      onReference(() =>
        tidy(() =>
          score(
            tensor4d(
              values.map((value, i) => value + sign * direction[i]!),
              inputs.shape,
            ),
          ),
        ),
      );
    const expected = (moved(1) - moved(-1)) / 2;
    const actual = gradient.reduce((total, slope, i) => total + slope * direction[i]!, 0);
    const scale = Math.hypot(...gradient) * step * Math.sqrt(gradient.length / 4);
    assert.ok(
      Math.abs(actual - expected) <= 0.02 * scale + 1e-5,
      `a slope of ${actual}, by differences ${expected}, scale ${scale}`,
    );
  }
}
