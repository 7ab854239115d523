import assert from 'node:assert/strict';
import {
  backend,
  conv2d,
  grads,
  matMul,
  maxPool,
  relu,
  reshape,
  square,
  sum,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../core/engine/engine.js';
import { openEngine } from '../../../../core/engine/open-engine.js';
import { createRandom } from '../../../../core/random.js';
import { sizeOf } from '../../../../core/shape.js';
import { multiply } from '../../../support/engine-reference.js';
import { assertNear } from '../../../support/near.js';

/**
 * XNNPACK keeps an operator with a packed copy of the filter for every filter that a convolution has seen, until the filter is disposed.
 * Gradients make a fresh filter on every call, so a forgotten one would show as a growing heap and a growing list of operators.
 */
describe('memory of the wasm engine', () => {
  let engine: Engine;
  const random = createRandom(5);
  const make = (...shape: number[]): Tensor => tensor(random.uniforms(sizeOf(shape)), shape);

  before(async () => {
    engine = await openEngine('wasm');
  });

  interface WasmBackend {
    readonly wasm: { readonly HEAPU8: Uint8Array };
    numDataIds(): number;
  }

  const use = () => {
    const active = backend() as unknown as WasmBackend;
    return { ...engine.memory(), heapBytes: active.wasm.HEAPU8.length, dataIds: active.numDataIds() };
  };

  /** Gradients of a small network with respect to all that it has, from fresh weights: every kernel of the engine's runs. */
  function step(): void {
    tidy(() => {
      const inputs = [make(4, 8, 8, 1), make(3, 3, 1, 8), make(3, 3, 8, 8), make(128, 10)];
      grads((x, k1, k2, w) => {
        const pooled = maxPool(relu(conv2d(x as Tensor4D, k1 as Tensor4D, 1, 'same')), 2, 2, 'valid');
        const features = reshape(relu(conv2d(pooled, k2 as Tensor4D, 1, 1)), [4, -1]);
        return sum(square(matMul(features as Tensor2D, w as Tensor2D)));
      })(inputs);
    });
  }

  it('is the same after thousands of fresh filters, and so is the time that a step takes', () => {
    const medianMs = (): number => {
      const times = Array.from({ length: 200 }, () => {
        const start = performance.now();
        step();
        return performance.now() - start;
      });
      return times.sort((a, b) => a - b)[100]!;
    };
    medianMs();
    const [memoryBefore, msBefore] = [use(), medianMs()];
    for (let i = 0; i < 1000; i++) step();
    const [memoryAfter, msAfter] = [use(), medianMs()];
    assert.deepEqual(memoryAfter, memoryBefore);
    assert.ok(msAfter < 4 * msBefore, `a step took ${msBefore} ms at first and ${msAfter} ms later`);
  });

  it('is the same after products with large weights, whose transposes live no longer than they do', () => {
    const before = use();
    const left = make(16, 512);
    for (let i = 0; i < 2; i++) {
      const weights = make(512, 1024);
      const [a, b] = [left.dataSync<'float32'>(), weights.dataSync<'float32'>()];
      // The same values under two shapes have two transposes.
      for (const [rows, inner, columns] of [
        [16, 512, 1024],
        [16, 512, 1024],
        [8, 1024, 512],
      ] as const) {
        const product = tidy(() =>
          matMul(reshape<Rank.R2>(left, [rows, inner]), reshape<Rank.R2>(weights, [inner, columns])).dataSync(),
        );
        assertNear(product, multiply(a, b, [rows, inner, columns], false, false), 1e-5, 'AB');
      }
      weights.dispose();
    }
    left.dispose();
    const after = use();
    assert.deepEqual({ ...after, heapBytes: 0 }, { ...before, heapBytes: 0 });
  });

  it('is the same after gradients of convolutions, whose flipped filters live no longer than the filters do', () => {
    const before = use();
    // By rows; by tiles of rows; by a matrix product.
    for (const [channels, filters, stride] of [
      [1, 8, 1],
      [32, 32, 1],
      [3, 4, 2],
    ] as const) {
      const [images, filter] = [make(2, 10, 8, channels), make(5, 5, channels, filters)] as [Tensor4D, Tensor4D];
      const gradient = () =>
        tidy(() =>
          grads((x) => sum(square(conv2d(x as Tensor4D, filter, stride, 2))))([images])[0]!
            .dataSync()
            .slice(),
        );
      assert.deepEqual(gradient(), gradient(), 'from a filter that is known by now');
      images.dispose();
      filter.dispose();
    }
    const after = use();
    assert.deepEqual({ ...after, heapBytes: 0 }, { ...before, heapBytes: 0 });
  });
});
