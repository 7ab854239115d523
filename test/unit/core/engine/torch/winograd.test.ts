import assert from 'node:assert/strict';
import { add, backend_util, conv2d, dispose, grad, memory, mul, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../core/engine/engine.js';
import { createRandom } from '../../../../../core/random.js';
import { convolve, convolveBackInput } from '../../../../support/engine-reference.js';
import { tensorOf } from '../../../../support/engine-cases/engine-case.js';
import { openTorchFor } from '../../../../support/torch-engine.js';

/** [images, height, width, channels, filter, filters, padding]: tiles that hang over, panels of one, two and four vectors, blocks of rows left over. */
const CASES = [
  [3, 14, 14, 32, 5, 64, 2],
  [4, 13, 15, 16, 5, 48, 1],
  [2, 17, 19, 48, 3, 16, 1],
  [5, 16, 16, 16, 3, 112, 0],
  [60, 4, 4, 64, 3, 32, 1],
  [1, 31, 30, 80, 3, 80, 2],
] as const;
/** Relative to the largest result: float32 sums, and what interpolation at ±2 adds. */
const TOLERANCE = 1e-5;

describe('torch: convolutions with fewer multiplications', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchFor(this);
  });

  for (const [count, height, width, channels, size, filters, padding] of CASES)
    it(`${count}×${height}×${width}×${channels}, ${filters} filters of ${size}×${size}, padding ${padding}`, () => {
      const random = createRandom(size);
      const normals = (shape: readonly number[]): Tensor => tensorOf(random, shape, (from) => from.normal());
      const before = memory().numTensors;
      const info = backend_util.computeConv2DInfo(
        [count, height, width, channels],
        [size, size, channels, filters],
        1,
        1,
        padding,
      );
      const w = normals([size, size, channels, filters]);
      const b = normals([filters]);
      const x = normals([count, height, width, channels]);
      const dy = normals(info.outShape);
      const run = engine.compile((v: Tensor, bias: Tensor, images: Tensor, weights: Tensor) => {
        const convolved = (z: Tensor) => conv2d(z as Tensor4D, v as Tensor4D, 1, padding);
        return {
          convolved: add(convolved(images), bias),
          gradient: grad((z) => sum(mul(convolved(z), weights)))(images),
        };
      });
      const values = (t: Tensor) => t.dataSync() as Float32Array;
      tidy(() => {
        const ours = run(w, b, x, dy);
        const forward = convolve(info, values(x), values(w));
        const bias = values(b);
        check(
          values(ours.convolved),
          forward.map((value, i) => value + bias[i % filters]!),
        );
        check(values(ours.gradient), convolveBackInput(info, values(dy), values(w)));
      });
      dispose([w, b, x, dy]);
      assert.equal(memory().numTensors, before);
    });
});

function check(actual: Float32Array, expected: Float64Array): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.equal(actual.length, expected.length);
  const error = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  assert.ok(error <= TOLERANCE * largest, `error ${error} of ${largest}`);
}
