import assert from 'node:assert/strict';
import { conv2d, dispose, grad, maxPool, memory, relu, sub, sum, tidy, tensor } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../core/engine/engine.js';
import { createRandom } from '../../core/random.js';
import { openTorchFor } from '../support/torch-engine.js';

const RUNS = 10_000;
/** Within which the process is free to move: what Node collects when it likes. */
const SLACK_BYTES = 24 * 2 ** 20;

describe('torch', () => {
  let engine: Engine;
  before(async function () {
    engine = await openTorchFor(this);
  });

  it(`takes no more memory after ${RUNS} runs than after the first thousand`, () => {
    const random = createRandom(0);
    const images = tensor(random.uniforms(8 * 16 * 16 * 3), [8, 16, 16, 3]);
    let filters: Tensor = tensor(random.uniforms(3 * 3 * 3 * 16), [3, 3, 3, 16]);
    // The weights are new in every third run: what was prepared for the old ones must go too.
    const descend = engine.compile(
      (w: Tensor, x: Tensor) =>
        sub(w, grad((v) => sum(relu(maxPool(conv2d(x as Tensor4D, v as Tensor4D, 1, 'same'), 2, 2, 'valid'))))(w)),
      { callsPerWeights: 3 },
    );
    const { numTensors } = memory();
    let settled = 0;
    for (let run = 0; run < RUNS; run++) {
      const next = tidy(() => descend(filters, images));
      if (run % 3 === 2) {
        filters.dispose();
        filters = next;
      } else next.dispose();
      if (run === 1000) settled = process.memoryUsage.rss();
    }
    assert.equal(memory().numTensors, numTensors);
    const grown = process.memoryUsage.rss() - settled;
    assert.ok(grown < SLACK_BYTES, `${grown} bytes more`);
    dispose([images, filters]);
  });
});
