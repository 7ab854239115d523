import assert from 'node:assert/strict';
import { add, conv2d, dispose, grad, maxPool, memory, mul, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../../core/engine/engine.js';
import { createRandom } from '../../../../../core/random.js';
import { assertSameTensors } from '../../../../support/compiled-equals-eager.js';
import { tensorOf } from '../../../../support/engine-cases/engine-case.js';
import { openTorchFor } from '../../../../support/torch-engine.js';

/** [images, height, width, channels, filter, filters, padding]: odd extents, channels beside the vectors' sixteen, narrow and wide patches. */
const CASES = [
  [2, 28, 28, 1, 5, 32, 2],
  [3, 9, 7, 1, 3, 5, 1],
  [1, 8, 8, 3, 5, 16, 2],
  [2, 7, 11, 3, 3, 33, 0],
  [5, 6, 5, 4, 5, 47, 2],
  [2, 4, 4, 2, 1, 1, 0],
  [2, 13, 8, 2, 7, 48, 3],
] as const;

describe('torch: pooled convolutions of few channels', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchFor(this);
  });

  for (const [count, height, width, channels, size, filters, padding] of CASES)
    it(`${height}×${width}×${channels}, ${filters} filters of ${size}×${size}, padding ${padding}`, () => {
      const random = createRandom(size);
      const normals = (shape: readonly number[]): Tensor => tensorOf(random, shape, (from) => from.normal());
      const before = memory().numTensors;
      const inputs = [
        normals([size, size, channels, filters]),
        normals([filters]),
        normals([count, height, width, channels]),
      ] as const;
      const maxima = (w: Tensor, b: Tensor, x: Tensor): Tensor4D =>
        maxPool(add<Tensor4D>(conv2d(x as Tensor4D, w as Tensor4D, 1, padding), b), 2, 2, 'valid');
      const run = (w: Tensor, b: Tensor, x: Tensor) => {
        const weighted = (v: Tensor) => sum(mul(maxima(w, b, v), maxima(w, b, v)));
        return { maxima: maxima(w, b, x), gradient: grad(weighted)(x) };
      };
      tidy(() => {
        assertSameTensors(engine.compile(run)(...inputs), run(...inputs), 1e-4, 'maxima and gradient');
      });
      dispose([...inputs]);
      assert.equal(memory().numTensors, before);
    });
});
