import assert from 'node:assert/strict';
import { dispose, grad, maxPool, memory, relu, reshape, tensor, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { openEngine } from '../../../../core/engine/open-engine.js';
import type { Architecture, Layer } from '../../../../core/model/architecture.js';
import { lenet, LENET5 } from '../../../../core/model/lenet.js';
import { buildModel } from '../../../../core/model/model.js';
import { initialWeights, splitWeights, toHost, toTensors, weightsFor } from '../../../../core/model/weights.js';
import { wrn } from '../../../../core/model/wrn.js';
import { createRandom } from '../../../../core/random.js';
import { TEST_ENGINE } from '../../../support/test-engine.js';

const FLAT: Layer = { kind: 'flatten' };

function of(inputShape: Architecture['inputShape'], classes: number, ...layers: Layer[]): Architecture {
  return { family: 'test', inputShape, classes, layers };
}

describe('model', () => {
  before(() => openEngine(TEST_ENGINE));

  it('pools before it clips, with the values and the gradients of the order that is written', () => {
    const model = buildModel(of([6, 6, 3], 27, { kind: 'relu' }, { kind: 'maxPool', size: 2 }, FLAT));
    const random = createRandom(3);
    // Few levels, so that windows have ties, at zero too; a third of them have nothing positive.
    const values = random.uniforms(20 * 108).map((value) => Math.round(6 * value) - 4);
    const outputGradients = random.uniforms(20 * 27);
    const [images, dy] = [tensor4d(values, [20, 6, 6, 3]), tensor(outputGradients, [20, 27])];
    const written = (x: Tensor): Tensor => reshape(maxPool(relu(x as Tensor4D), 2, 2, 'valid'), [20, 27]);
    const applied = (x: Tensor): Tensor => model.apply({}, {}, x as Tensor4D, false).logits;
    // Plus 0, which has no negative zeros.
    const plain = (result: Tensor): number[] => Array.from(result.dataSync(), (value) => value + 0);
    tidy(() => {
      assert.deepEqual(plain(applied(images)), plain(written(images)));
      assert.deepEqual(plain(grad(applied)(images, dy)), plain(grad(written)(images, dy)));
    });
    dispose([images, dy]);
  });

  describe('initial weights', () => {
    it('LeNet: uniform in ±1/√fan_in, kernels and biases', () => {
      const weights = initialWeights(buildModel(lenet(LENET5)), createRandom(1));
      for (const [layer, fanIn] of [
        ['conv1', 25],
        ['conv2', 25 * 32],
        ['dense1', 49 * 64],
        ['dense2', 1024],
      ] as const) {
        const bound = 1 / Math.sqrt(fanIn);
        for (const part of ['kernel', 'bias']) {
          const { data } = weights[`${layer}.${part}`]!;
          assert.ok(data.every((value) => Math.abs(value) <= bound));
        }
        const { data } = weights[`${layer}.kernel`]!;
        assert.ok(Math.max(...data.subarray(0, 10_000)) > 0.98 * bound);
        assertVariance(data, bound ** 2 / 3);
      }
    });

    it('WRN: He-normal by fan-out, batch normalisations neutral', () => {
      const weights = initialWeights(buildModel(wrn(10, 4)), createRandom(1));
      assertVariance(weights['blocks.2.conv1.kernel']!.data, 2 / (9 * 256));
      assertVariance(weights['blocks.2.shortcut.kernel']!.data, 2 / 256);
      assertVariance(weights['dense.kernel']!.data, 1 / 256 / 3);
      for (const [part, value] of [
        ['scale', 1],
        ['offset', 0],
        ['mean', 0],
        ['variance', 1],
      ] as const) {
        assert.ok(weights[`blocks.1.bn2.${part}`]!.data.every((element) => element === value));
      }
    });

    it('are the same for the same seed', () => {
      const model = buildModel(wrn(10, 1));
      assert.deepEqual(initialWeights(model, createRandom(9)), initialWeights(model, createRandom(9)));
      assert.notDeepEqual(initialWeights(model, createRandom(9)), initialWeights(model, createRandom(10)));
    });
  });

  describe('weights', () => {
    it('go to tensors and back unchanged', async () => {
      const before = memory().numTensors;
      const model = buildModel(wrn(10, 1));
      const weights = initialWeights(model, createRandom(1));
      const tensors = toTensors(weights);
      assert.deepEqual(await toHost(tensors), weights);
      Object.values(tensors).forEach((tensor) => {
        tensor.dispose();
      });
      assert.equal(memory().numTensors, before);
    });

    it('are split into what gradients change and what averaging changes', () => {
      const model = buildModel(wrn(10, 1));
      const { parameters, statistics } = splitWeights(model, initialWeights(model, createRandom(1)));
      assert.deepEqual(Object.keys(parameters), Object.keys(model.parameters));
      assert.deepEqual(Object.keys(statistics), Object.keys(model.statistics));
      assert.ok(Object.keys(statistics).every((name) => /\.(mean|variance)$/.test(name)));
    });

    it('come in the order of the architecture, without what is not its own', () => {
      const model = buildModel(lenet({ conv1: 1, conv2: 1, hidden: 1 }));
      const weights = initialWeights(model, createRandom(1));
      const shuffled = Object.fromEntries([
        ['other', { shape: [0], data: new Float32Array() }] as const,
        ...Object.entries(weights).reverse(),
      ]);
      assert.deepEqual(Object.keys(weightsFor(model.architecture, shuffled)), Object.keys(weights));
    });
  });

  const conv: Layer = { kind: 'conv2d', name: 'c', filters: 1, kernelSize: 3, stride: 1, bias: true };
  const dense: Layer = { kind: 'dense', name: 'd', units: 2 };
  const impossible: readonly [string, Architecture, RegExp][] = [
    [
      'pools what is smaller than a block',
      of([3, 9, 1], 2, { kind: 'maxPool', size: 4 }, FLAT, dense),
      /maxPool: expected images of at least 4×4, got 3×9$/,
    ],
    [
      'pools to nothing',
      lenet({ conv1: 1, conv2: 1, hidden: 1 }, [3, 28, 1]),
      /maxPool: expected images of at least 2×2, got 1×14$/,
    ],
    [
      'puts a dense layer on images',
      of([3, 3, 1], 2, dense),
      /d: expected to follow vectors \[size\], got \[3, 3, 1\]$/,
    ],
    [
      'convolves vectors',
      of([3, 3, 1], 2, FLAT, conv),
      /c: expected to follow images \[height, width, channels\], got \[9\]$/,
    ],
    [
      'ends in another number of logits',
      of([3, 3, 1], 3, FLAT, dense),
      /layers: expected to end in 3 logits, got \[2\]$/,
    ],
    ['ends in images', of([3, 3, 1], 3, conv), /expected to end in 3 logits, got \[3, 3, 1\]$/],
    [
      'names two layers alike',
      of([3, 3, 1], 2, conv, conv, FLAT, dense),
      /a name of its own for each, got c\.kernel twice$/,
    ],
    [
      'strides past its shortcut',
      of([4, 4, 2], 2, { kind: 'preactivationBlock', name: 'b', filters: 2, stride: 2 }, FLAT, dense),
      /b: expected stride 1/,
    ],
  ];
  for (const [what, architecture, message] of impossible) {
    it(`refuses an architecture that ${what}`, () => {
      assert.throws(() => buildModel(architecture), { kind: 'invalid-input', message });
    });
  }
});

/** The mean square is within 15 %: more than five standard errors for the smallest kernel. */
function assertVariance(data: ArrayLike<number>, expected: number): void {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] ?? 0) ** 2;
  const variance = squares / data.length;
  assert.ok(Math.abs(variance / expected - 1) < 0.15, `expected a variance of ${expected}, got ${variance}`);
}
