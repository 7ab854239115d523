import assert from 'node:assert/strict';
import { dispose, grads, mul, reshape, sum, tensor, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Engine, TensorMap } from '../../../../../core/engine/engine.js';
import { openEngine } from '../../../../../core/engine/open-engine.js';
import { readTopology } from '../../../../../core/model/keras/read-topology.js';
import { readKerasWeights } from '../../../../../core/model/keras/read-weights.js';
import { readLayersModel, writeLayersModel } from '../../../../../core/model/layers-model.js';
import { buildModel } from '../../../../../core/model/model.js';
import { splitWeights, toTensors } from '../../../../../core/model/weights.js';
import { createRandom } from '../../../../../core/random.js';
import { assertClose } from '../../../../support/close.js';
import type { Json } from '../../../../support/keras-json.js';
import { loadedModel, logitsOf, onReference, randomise, savedModel } from '../../../../support/keras-models.js';
import { SAVED_MODELS, sharedConvolution } from '../../../../support/saved-models.js';
import { TEST_ENGINE } from '../../../../support/test-engine.js';

describe('models as TensorFlow.js and Keras save them', () => {
  let engine: Engine;
  before(async () => {
    engine = await openEngine(TEST_ENGINE);
  });
  const made = (make: () => LayersModel): LayersModel =>
    onReference(() => {
      const theirs = make();
      randomise(theirs, createRandom(4));
      return theirs;
    });

  for (const [index, [title, make, rewrite = (json: Json) => json]] of SAVED_MODELS.entries()) {
    it(`${title}: the same logits, and so after it has been written and read`, async () => {
      const theirs = made(make);
      const saved = await savedModel(theirs);
      const json = rewrite(saved.json);
      const architecture = readTopology(json);
      const host = readKerasWeights(json, architecture, saved.weights);
      const shape = [2, ...architecture.inputShape] as [number, number, number, number];
      const images = tensor4d(createRandom(index).uniforms(shape.reduce((a, b) => a * b)), shape);
      const given = reshape(
        images,
        theirs.inputs[0]!.shape.map((extent) => extent ?? 2),
      );
      const expected = onReference(() => logitsOf(theirs, given));
      assert.ok(new Set(expected).size === expected.length, 'logits that tell layers apart');

      const ours = buildModel(architecture);
      const tensors = toTensors(host);
      const logits = tidy(() => ours.apply(tensors, tensors, images, false).logits);
      assertClose(await logits.data(), expected, 1e-5);
      const files = writeLayersModel(architecture, host);
      assert.deepEqual(readLayersModel(files), { architecture, weights: host });
      const again = await loadedModel(files);
      assertClose(
        onReference(() => logitsOf(again, images)),
        expected,
        1e-5,
      );
      again.dispose();
      theirs.dispose();
      dispose([images, given, logits, ...Object.values(tensors)]);
    });
  }

  it('weights that are shared are there once, and learn from every use', async () => {
    const theirs = made(sharedConvolution);
    const { json, weights } = await savedModel(theirs);
    const architecture = readTopology(json);
    const ours = buildModel(architecture);
    assert.deepEqual(
      Object.keys(ours.parameters).filter((name) => name.startsWith('conv')),
      ['conv.kernel', 'conv.bias'],
    );
    const host = readKerasWeights(json, architecture, weights);
    const images = tensor4d(createRandom(1).uniforms(2 * 72), [2, 6, 6, 2]);
    const tensors = toTensors(host);
    const { parameters, statistics } = splitWeights(ours, tensors);
    const kernel = parameters['conv.kernel']!;
    const pass = engine.compile((own: Tensor, others: TensorMap, x: typeof images) => {
      const score = (value: Tensor): Tensor => {
        const { logits } = ours.apply({ ...others, 'conv.kernel': value }, {}, x, true);
        return sum(mul(logits, tensor([1, -2, 3, -1, 2, 1], [2, 3])));
      };
      return grads(score)([own])[0]!;
    });
    const slopes = tidy(() => pass(kernel, parameters, images));
    const random = createRandom(2);
    const step = Float32Array.from({ length: kernel.size }, () => (random.below(2) === 0 ? 1e-3 : -1e-3));
    const moved = (sign: number): number => {
      const data = host['conv.kernel']!.data.map((value, i) => value + sign * step[i]!);
      onReference(() => {
        theirs.getLayer('conv').setWeights([tensor(data, kernel.shape), theirs.getLayer('conv').getWeights()[1]!]);
      });
      return onReference(() => logitsOf(theirs, images)).reduce(
        (total, logit, i) => total + logit * [1, -2, 3, -1, 2, 1][i]!,
        0,
      );
    };
    const expected = (moved(1) - moved(-1)) / 2;
    const actual = slopes.dataSync<'float32'>().reduce((total, slope, i) => total + slope * step[i]!, 0);
    assert.ok(
      Math.abs(expected) > 1e-3 && Math.abs(actual - expected) < 0.02 * Math.abs(expected),
      `${actual}, by differences ${expected}`,
    );
    dispose([slopes, ...Object.values(tensors), ...Object.values(statistics)]);
    theirs.dispose();
    images.dispose();
  });
});
