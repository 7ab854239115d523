import { add, mul, reshape, rsqrt, square, sub } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { meanOver } from '../../engine/world/all-reduce.js';
import type { World } from '../../engine/world/world.js';
import type { LayerOf } from '../architecture.js';
import { constant } from '../initial.js';
import type { KerasGraph } from '../keras-graph.js';
import type { LayerContext, LayerKind, WeightSpec } from './layer-kind.js';
import { imageShape } from './shapes.js';
import { stagedMean } from './staged-mean.js';

const EPSILON = 1e-5;
/** In PyTorch's sense: the fraction of the new value. */
const MOMENTUM = 0.1;

/**
 * Batch normalisation of each channel (Ioffe and Szegedy 2015): γ (x − μ) / √(σ² + ε) + β.
 *
 * In training μ and σ² are the batch's (σ² the population variance), and the running ones move as PyTorch's do:
 * running ← 0.9 running + 0.1 batch, the running variance by the unbiased one, N / (N − 1) σ², N = n · h · w > 1 values a channel. Where
 * several processes have a part of the batch each, μ, σ² and N are those of the whole batch.
 *
 * @param values [n, h, w, c]
 */
export function normalise(name: string, values: Tensor4D, context: LayerContext): Tensor4D {
  const scale = context.weight(`${name}.scale`);
  const offset = context.weight(`${name}.offset`);
  const runningMean = context.weight(`${name}.mean`);
  const runningVariance = context.weight(`${name}.variance`);
  if (!context.training) {
    const factor = mul(scale, rsqrt(add(runningVariance, EPSILON)));
    return add(mul(values, factor), sub(offset, mul(runningMean, factor)));
  }
  const batchMean = channelMean(values, context.world);
  const centred: Tensor4D = sub(values, batchMean);
  const batchVariance = channelMean(square(centred), context.world);
  const [n, height, width] = values.shape;
  const count = context.world.size * n * height * width;
  context.moveStatistic(`${name}.mean`, moved(runningMean, batchMean, 1));
  context.moveStatistic(`${name}.variance`, moved(runningVariance, batchVariance, count / Math.max(count - 1, 1)));
  return add(mul(centred, mul(scale, rsqrt(add(batchVariance, EPSILON)))), offset);
}

/** [n, h, w, c] → [c]. */
function channelMean(values: Tensor4D, world: World): Tensor {
  return meanOver(world, reshape(stagedMean(values, [2, 1, 0]), [-1]));
}

/** 0.9 running + 0.1 correction · batch. */
function moved(running: Tensor, batch: Tensor, correction: number): Tensor {
  return add(mul(running, 1 - MOMENTUM), mul(batch, MOMENTUM * correction));
}

/** The weights of a batch normalisation of so many channels. */
export function normWeights(name: string, channels: number): Record<string, WeightSpec> {
  const weight = (role: WeightSpec['role'], value: number) => ({ shape: [channels], role, initial: constant(value) });
  return {
    [`${name}.scale`]: weight('parameter', 1),
    [`${name}.offset`]: weight('parameter', 0),
    [`${name}.mean`]: weight('statistic', 0),
    [`${name}.variance`]: weight('statistic', 1),
  };
}

/** Adds the stock layer of {@link normalise}. */
export function addNorm(graph: KerasGraph, name: string, input: string, channels: number): string {
  const config = { axis: -1, momentum: 1 - MOMENTUM, epsilon: EPSILON, center: true, scale: true };
  const weight = (own: string) => ({ from: `${name}.${own}`, shape: [channels] });
  return graph.add('BatchNormalization', name, config, [input], {
    gamma: weight('scale'),
    beta: weight('offset'),
    moving_mean: weight('mean'),
    moving_variance: weight('variance'),
  });
}

export const batchNormKind: LayerKind<LayerOf<'batchNorm'>> = {
  fields: { name: 'name' },
  plan: ({ name }, inputShape) => ({
    outputShape: inputShape,
    weights: normWeights(name, imageShape(inputShape, name)[2]),
  }),
  apply: ({ name }, values, context) => normalise(name, values as Tensor4D, context),
  addTo: (graph, { name }, input, inputShape) => addNorm(graph, name, input, imageShape(inputShape, name)[2]),
};
