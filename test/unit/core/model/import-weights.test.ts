import assert from 'node:assert/strict';
import { memory, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { HostTensor, HostTensors } from '../../../../core/model/host-tensors.js';
import type { Architecture } from '../../../../core/model/architecture.js';
import { cnn } from '../../../../core/model/cnn.js';
import { importSafetensors, type ImportOptions } from '../../../../core/model/import-weights.js';
import { lenet } from '../../../../core/model/lenet.js';
import { mlp } from '../../../../core/model/mlp.js';
import { buildModel } from '../../../../core/model/model.js';
import { writeSafetensors } from '../../../../core/model/safetensors.js';
import { initialWeights, splitWeights, toTensors } from '../../../../core/model/weights.js';
import { wrn } from '../../../../core/model/wrn.js';
import { createRandom } from '../../../../core/random.js';
import { assertClose } from '../../../support/close.js';
import { goldenFiles } from '../../../support/golden.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const SMALL = lenet({ conv1: 2, conv2: 3, hidden: 4 }, [12, 12, 3], 5);
const WEIGHTS = initialWeights(buildModel(SMALL), createRandom(3));

const changed = (change: HostTensors): Uint8Array => writeSafetensors({ ...WEIGHTS, ...change });
const without = (name: string): Uint8Array =>
  writeSafetensors(Object.fromEntries(Object.entries(WEIGHTS).filter(([key]) => key !== name)));
const zeros = (...shape: number[]): HostTensor => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });

describe('import of weights', () => {
  before(() => openEngine(TEST_ENGINE));

  const architectures: Readonly<Record<string, Architecture>> = {
    'golden-lenet': lenet({ conv1: 2, conv2: 4, hidden: 8 }),
    'golden-0': lenet({ conv1: 8, conv2: 16, hidden: 64 }),
    'golden-wrn': wrn(10, 1),
    'golden-wrn-0': wrn(10, 1),
  };
  const files = (['lenet', 'wrn'] as const).flatMap((family) =>
    goldenFiles(family).map((golden) => ({ family, golden })),
  );
  for (const { family, golden } of files) {
    it(`${golden.name}: the golden weights give the golden logits`, async () => {
      const { architecture, weights } = importSafetensors(family, golden.bytes);
      assert.deepEqual(architecture, architectures[golden.name]);
      const before = memory().numTensors;
      const model = buildModel(architecture);
      const tensors = toTensors(weights);
      const { shape, data } = golden.tensor('images');
      const logits = tidy(() => {
        const inputs = tensor4d(data, shape as [number, number, number, number]);
        const { parameters, statistics } = splitWeights(model, tensors);
        return model.apply(parameters, statistics, inputs, false).logits;
      });
      assertClose(await logits.data(), golden.tensor('logits').data, 1e-4);
      for (const tensor of [logits, ...Object.values(tensors)]) tensor.dispose();
      assert.equal(memory().numTensors, before);
    });
  }

  it('takes names with and without the prefix, and ignores other tensors', () => {
    const expected = { architecture: SMALL, weights: WEIGHTS };
    assert.deepEqual(importSafetensors('lenet', changed({ images: zeros(1, 2) })), expected);
    const prefixed = Object.entries(WEIGHTS).map(([name, value]) => [`weights/${name}`, value] as const);
    const file = writeSafetensors({ ...Object.fromEntries(prefixed), 'conv1.kernel': zeros(1) });
    assert.deepEqual(importSafetensors('lenet', file), expected);
  });

  it('takes an input shape that the weights leave open', () => {
    const { architecture } = importSafetensors('lenet', changed({}), { inputShape: [15, 13, 3] });
    assert.deepEqual(architecture.inputShape, [15, 13, 3]);
  });

  const wide = wrn(16, 2, [8, 8, 1], 3);
  it('reads depth, width, channels and classes of a Wide ResNet off its weights', () => {
    const weights = initialWeights(buildModel(wide), createRandom(4));
    const imported = importSafetensors('wrn', writeSafetensors(weights), { inputShape: [8, 8, 1] });
    assert.deepEqual(imported, { architecture: wide, weights });
  });

  for (const [name, architecture, options] of [
    ['a perceptron on grey images', mlp([5, 7], [6, 6, 1], 3), {}],
    ['a perceptron on coloured images', mlp([4], [5, 5, 3], 2), {}],
    ['a perceptron on other images', mlp([4, 3, 6], [5, 7, 2], 2), { inputShape: [5, 7, 2] }],
    ['a convolutional network', cnn({ filters: [3, 4], hidden: 5 }, [12, 12, 3], 4), {}],
    [
      'a convolutional network that rounds up',
      cnn({ filters: [2, 2, 3], hidden: 5 }, [9, 6, 1], 4),
      { inputShape: [9, 6, 1] },
    ],
  ] as [string, Architecture, ImportOptions][])
    it(`reads all sizes of ${name} off its weights`, () => {
      const weights = initialWeights(buildModel(architecture), createRandom(5));
      const imported = importSafetensors(architecture.family, writeSafetensors(weights), options);
      assert.deepEqual(imported, { architecture, weights });
    });

  const perceptron = initialWeights(buildModel(mlp([4], [5, 7, 2], 2)), createRandom(6));

  const nan = { ...WEIGHTS['dense2.bias']!, data: Float32Array.of(0, 1, NaN, 0, 0) };
  const infinite = { ...WEIGHTS['dense2.bias']!, data: Float32Array.of(0, -Infinity, 0, 0, 0) };
  const refused: readonly [string, string, Uint8Array, RegExp][] = [
    [
      'an unknown architecture',
      'resnet',
      changed({}),
      /^architecture: expected one of lenet, wrn, mlp, cnn, got "resnet"$/,
    ],
    [
      'a missing kernel',
      'lenet',
      without('conv2.kernel'),
      /^weights: conv2\.kernel: expected float32 \[5, 5, channels, filters\], got none$/,
    ],
    ['a missing bias', 'lenet', without('dense1.bias'), /^weights: dense1\.bias: expected float32 \[4\], got none$/],
    [
      'a kernel of the wrong rank',
      'lenet',
      changed({ 'conv1.kernel': zeros(5, 5) }),
      /conv1\.kernel: expected .*got \[5, 5\]$/,
    ],
    [
      "a kernel of PyTorch's layout",
      'lenet',
      changed({ 'conv1.kernel': zeros(2, 3, 5, 5) }),
      /weights: conv1\.kernel: expected float32 \[5, 5, 5, 5\], got \[2, 3, 5, 5\]$/,
    ],
    [
      'a kernel that does not follow',
      'lenet',
      changed({ 'conv2.kernel': zeros(5, 5, 7, 3) }),
      /conv2\.kernel: expected float32 \[5, 5, 2, 3\], got \[5, 5, 7, 3\]$/,
    ],
    [
      'images that are not square',
      'lenet',
      changed({ 'dense1.kernel': zeros(6, 4) }),
      /dense1\.kernel: expected \[side² · 3, hidden\], or an input shape, got \[6, 4\]$/,
    ],
    [
      'integers',
      'lenet',
      changed({ 'dense2.bias': { shape: [5], data: new Int32Array(5) } }),
      /dense2\.bias: expected float32 \[5\], got int32$/,
    ],
    ['NaN', 'lenet', changed({ 'dense2.bias': nan }), /dense2\.bias: expected finite values, got NaN at 2$/],
    [
      'an infinity',
      'lenet',
      changed({ 'dense2.bias': infinite }),
      /dense2\.bias: expected finite values, got -Infinity at 1$/,
    ],
    [
      'the weights of something else',
      'wrn',
      changed({}),
      /stem\.kernel: expected float32 \[3, 3, channels, 16\], got none$/,
    ],
    [
      'a perceptron whose images could be anything',
      'mlp',
      writeSafetensors(perceptron),
      /dense1\.kernel: expected \[side² or 3 · side², hidden\], or an input shape, got \[70, 4\]$/,
    ],
    ['a perceptron without a hidden layer', 'mlp', without('dense2.kernel'), /dense2\.kernel: expected .*got none$/],
    [
      'a LeNet as a convolutional network',
      'cnn',
      changed({}),
      /conv1\.kernel: expected float32 \[3, 3, 3, 2\], got \[5, 5, 3, 2\]$/,
    ],
    ['no safetensors', 'lenet', Buffer.from('not at all'), /^weights: header length: expected at most 2 bytes/],
  ];
  for (const [what, family, file, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => importSafetensors(family, file), { name: 'DomainError', kind: 'invalid-input', message });
    });
  }
});
