import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { openEngine } from '../core/engine/open-engine.js';
import type { WeightedClassifier } from '../core/margin/attack-steps.js';
import { compileMarginSearch, type MarginFinding } from '../core/margin/margin-search.js';
import { importSafetensors } from '../core/model/import-weights.js';
import { buildModel } from '../core/model/model.js';
import { toTensors } from '../core/model/weights.js';
import { openDataset } from '../trainer/data/open-dataset.js';

const BOUNDS = { lower: 0, upper: 1 };
const THREATS = [
  { norm: 'linf', maxDistance: 0.4725 },
  { norm: 'l2', maxDistance: 2.1 },
  { norm: 'l2', maxDistance: 6 },
] as const;

/** How far the answers of correctly classified test images are from changing, at some budgets. */
interface Distances {
  readonly meanDistance: number;
  readonly medianDistance: number;
  readonly correct: number;
}

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
  const count = Number(options.count);
  const { architecture, weights: stored } = importSafetensors('lenet', await readFile(options.weights));
  const model = buildModel(architecture);
  const classifier: WeightedClassifier = (weights, inputs) => model.apply(weights, weights, inputs, false).logits;
  const { images, labels } = await (await openDataset('mnist', options.data)).read('test');
  const [height, width, channels] = architecture.inputShape;
  const size = height * width * channels;
  const pixels = Float32Array.from(images.subarray(0, count * size), (value) => value / 255);
  const inputs = tensor4d(pixels, [count, height, width, channels]);
  const weights = toTensors(stored);
  const results: unknown[] = [];
  try {
    for (const { norm, maxDistance } of THREATS) {
      const search = compileMarginSearch(engine.compile, classifier, { norm, bounds: BOUNDS });
      for (const budget of options.budgets.split(',').map(Number)) {
        const start = performance.now();
        const { findings, perturbations } = await search.find({
          weights,
          inputs,
          labels: [...labels.subarray(0, count)],
          maxDistance,
          maxGradientEvaluations: budget,
          seed: 0n,
        });
        perturbations.dispose();
        const seconds = Math.round((performance.now() - start) / 10) / 100;
        const ours = { ...summary(findings), notFound: findings.filter(({ status }) => status === 'not-found').length };
        const peer =
          options.peer === undefined
            ? undefined
            : await oracle(options.python, options.peer, [
                ...['--weights', options.weights, '--data', options.data, '--norm', norm, '--count', String(count)],
                ...['--iters', String(budget), '--eps-max', String(maxDistance)],
              ]);
        results.push({ norm, maxDistance, gradientEvaluations: budget, ...ours, seconds, peer });
      }
    }
  } finally {
    dispose([inputs, weights]);
  }
  return { benchmark: 'distances', engine: engine.name, weights: options.weights, images: count, results };
}

function summary(findings: readonly MarginFinding[]): Distances {
  const distances = findings.flatMap(({ status, distance }) => (status === 'misclassified' ? [] : [distance]));
  return distancesOf(distances);
}

function distancesOf(distances: readonly number[]): Distances {
  const sorted = [...distances].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, distance) => sum + distance, 0) / sorted.length;
  return { meanDistance: mean, medianDistance: sorted[sorted.length >> 1] ?? NaN, correct: sorted.length };
}

/** What the PyTorch implementation finds. It bisects on SLM, which crosses before the answer changes, and does not verify. */
async function oracle(python: string, script: string, options: readonly string[]): Promise<Distances> {
  const directory = await mkdtemp(join(tmpdir(), 'maxmargin-bench-'));
  try {
    const out = join(directory, 'margins.json');
    await promisify(execFile)(python, [script, 'margins', out, ...options]);
    const { examples } = JSON.parse(await readFile(out, 'utf8')) as {
      examples: readonly { readonly correct: boolean; readonly distance: number }[];
    };
    return distancesOf(examples.flatMap(({ correct, distance }) => (correct ? [distance] : [])));
  } finally {
    await rm(directory, { recursive: true });
  }
}
