import assert from 'node:assert/strict';
import { memory, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { classifierOnnx } from '../../../../core/export/classifier-onnx.js';
import { classifierOf } from '../../../../core/model/classifier.js';
import { buildModel } from '../../../../core/model/model.js';
import { lenet } from '../../../../core/model/lenet.js';
import { toTensors } from '../../../../core/model/weights.js';
import { createRandom } from '../../../../core/random.js';
import { sizeOf } from '../../../../core/shape.js';
import { FAMILY_CASES, lifelikeWeights } from '../../../support/family-cases.js';
import { assertNear } from '../../../support/near.js';
import { onnxMissing, openPublicly } from '../../../support/public-onnx.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const missing = onnxMissing();
const without = missing === undefined ? '' : ` (skipped: ${missing})`;

/** The first has as many hidden units as one of the batch sizes that functions are traced with. */
const CASES = [['lenet-101', lenet({ conv1: 2, conv2: 2, hidden: 101 }, [8, 8, 1], 2)] as const, ...FAMILY_CASES];

describe('a classifier as an ONNX model', () => {
  before(() => openEngine(TEST_ENGINE));

  for (const [name, architecture] of CASES) {
    it(`${name}: gives the model's logits for any batch size${without}`, async function () {
      if (missing !== undefined) this.skip();
      const before = memory().numTensors;
      const weights = lifelikeWeights(architecture, 3);
      const file = await openPublicly(classifierOnnx({ architecture, weights }, {}));
      assert.deepEqual([file.inputs, file.outputs], [['inputs'], ['logits']]);
      const classify = classifierOf(buildModel(architecture));
      const tensors = toTensors(weights);
      const random = createRandom(4);
      for (const batch of [1, 2, 7, 101]) {
        const shape = [batch, ...architecture.inputShape] as const;
        const pixels = random.uniforms(sizeOf(shape));
        const { logits = [] } = await file.run({ inputs: ['float32', pixels, shape] });
        const expected = tidy(() => classify(tensors, tensor4d(pixels, [...shape])).dataSync());
        assertNear(logits, expected, 1e-5, `batch of ${batch}`);
      }
      await file.close();
      for (const tensor of Object.values(tensors)) tensor.dispose();
      assert.equal(memory().numTensors, before);
    });
  }

  it('keeps the names of the weights and what it is told about itself; the same model gives the same bytes', () => {
    const [, architecture] = FAMILY_CASES[0]!;
    const weights = lifelikeWeights(architecture, 3);
    const bytes = classifierOnnx({ architecture, weights }, { norm: 'linf' });
    const text = Buffer.from(bytes).toString('latin1');
    for (const name of [...Object.keys(weights), 'norm', 'linf', 'maxmargin', 'batch'])
      assert.ok(text.includes(name), name);
    assert.deepEqual(bytes, classifierOnnx({ architecture, weights }, { norm: 'linf' }));
  });
});
