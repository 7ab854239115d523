import { dispose, tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../core/engine/engine.js';
import { openEngine } from '../core/engine/open-engine.js';
import { withStockKernels } from '../core/engine/wasm/training-kernels.js';
import { softLogitMargin } from '../core/margin/losses.js';
import { inputGradient } from '../core/margin/pgd-iteration.js';
import { lenet, LENET5, type LenetSizes } from '../core/model/lenet.js';
import { buildModel } from '../core/model/model.js';
import { createRandom, type Random } from '../core/random.js';
import { sizeOf } from '../core/shape.js';
import { measure } from './measure.js';

const BATCH = 50;
const REPEATS = 15;
const WARM_UPS = 5;

/** One input gradient on the wasm engine: its own kernels against those of the stock backend, in turns. */
export async function benchKernels() {
  const { name, device, library } = await openEngine('wasm');
  const ours = { name, device, library, threads: 1 };
  const results = [LENET5, { conv1: 8, conv2: 16, hidden: 64 }].map((sizes) => inputGradientOf(sizes));
  return { benchmark: 'engine', engine: ours, what: 'one input gradient of SLM', batch: BATCH, results };
}

function inputGradientOf(sizes: LenetSizes) {
  const random = createRandom(0);
  const architecture = lenet(sizes);
  const model = buildModel(architecture);
  const weights: TensorMap = Object.fromEntries(
    Object.entries(model.parameters).map(([name, shape]) => [name, tensor(weightValues(random, shape), [...shape])]),
  );
  const inputShape = [BATCH, ...architecture.inputShape] as [number, number, number, number];
  const inputs = tensor<Rank.R4>(random.uniforms(sizeOf(inputShape)), inputShape);
  const labels = tensor1d(
    Int32Array.from({ length: BATCH }, () => random.below(10)),
    'int32',
  );
  const classifier = (images: Tensor4D) => model.apply(weights, {}, images, false).logits;
  const gradient = (): void => {
    const result = inputGradient(classifier, softLogitMargin, inputs, labels);
    result.dataSync();
    result.dispose();
  };
  const { ours, stock } = measure(
    {
      ours: gradient,
      stock: () => {
        withStockKernels(gradient);
      },
    },
    REPEATS,
    WARM_UPS,
  );
  dispose([weights, inputs, labels]);
  const ratio = (a: number, b: number): number => Math.round((100 * a) / b) / 100;
  const speedup = ratio(stock.medianMs, ours.medianMs);
  const speedupOfCpu = ratio(stock.medianCpuMs, ours.medianCpuMs);
  return { model: 'lenet', sizes, inputShape, ours, stock, speedup, speedupOfCpu, repeats: REPEATS };
}

/** Uniform, with the variance that keeps activations near one. */
function weightValues(random: Random, shape: readonly number[]): Float32Array {
  const fanIn = sizeOf(shape.slice(0, -1));
  return random.uniforms(fanIn * (shape.at(-1) ?? 1)).map((value) => (2 * value - 1) * Math.sqrt(6 / fanIn));
}
