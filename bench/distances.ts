import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dispose } from '@tensorflow/tfjs-core';
import { openEngine } from '../core/engine/open-engine.js';
import { compileMarginSearch } from '../core/margin/margin-search.js';
import { BOUNDS, distancesOf, readLenet, THREATS } from './lenet-distances.js';
import { firstTestImages } from './test-images.js';
import { openOracle, type Oracle, type OracleMargins } from './oracle.js';

/**
 * Mean and median distances that the margin search finds for a LeNet on MNIST test images. With `--peer`, what a PyTorch
 * implementation of AN-PGD finds at the same number of gradients stands beside them.
 *
 * Options: `--weights FILE.safetensors`, `--data DIRECTORY`, `--count N`, `--budgets N,N`, `--peer ORACLE.py --python PATH`.
 */
export async function benchDistances(args: readonly string[]) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      weights: { type: 'string', default: '../shared/golden/golden-0.safetensors' },
      data: { type: 'string', default: '../shared/data/mnist' },
      count: { type: 'string', default: '200' },
      budgets: { type: 'string', default: '20,40,100' },
      peer: { type: 'string' },
      python: { type: 'string', default: 'python3' },
    },
  });
  const engine = await openEngine('wasm');
  const lenet = await readLenet(options.weights);
  const images = await firstTestImages(options.data, Number(options.count));
  const directory = await mkdtemp(join(tmpdir(), 'maxmargin-bench-'));
  const results: unknown[] = [];
  try {
    const oracle =
      options.peer === undefined ? undefined : openOracle(options.python, options.peer, options.data, directory);
    for (const { norm, maxDistance } of THREATS) {
      const search = compileMarginSearch(engine.compile, lenet.classifier, { norm, bounds: BOUNDS });
      for (const budget of options.budgets.split(',').map(Number)) {
        const start = performance.now();
        const ours = await distancesOf(search, lenet, images, maxDistance, budget);
        const seconds = Math.round((performance.now() - start) / 10) / 100;
        const peer =
          oracle &&
          (await marginsOf(oracle, options.weights, {
            norm,
            count: images.count,
            iterations: budget,
            maxDistance,
            seed: 0,
          }));
        results.push({ norm, maxDistance, ...ours, gradientEvaluations: budget, seconds, peer });
      }
    }
  } finally {
    dispose(lenet.weights);
    await rm(directory, { recursive: true });
  }
  return { benchmark: 'distances', engine: engine.name, weights: options.weights, images: images.count, results };
}

/** What the PyTorch implementation finds. It bisects on SLM, which crosses before the answer changes, and does not verify. */
async function marginsOf(oracle: Oracle, weights: string, settings: OracleMargins) {
  const { meanDistance, medianDistance, accuracy } = await oracle.margins(weights, settings);
  return { meanDistance, medianDistance, correct: Math.round(accuracy * settings.count) };
}
