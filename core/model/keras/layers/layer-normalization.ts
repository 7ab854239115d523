import { add, mul, reshape, rsqrt, square, sub } from '@tensorflow/tfjs-core';
import { stagedMean } from '../../layers/staged-mean.js';
import { initialOf } from '../initializers.js';
import { oneInput, parameter } from '../keras-layer.js';

/** Layer normalisation (Ba et al. 2016): γ (x − μ) / √(σ² + ε) + β, μ and σ² of each example along the axes. */
export const layerNormalizationLayer = oneInput({
  read: (options) => ({
    axis: options.integers('axis', [-1]),
    epsilon: options.real('epsilon', 1e-3),
    center: options.boolean('center', true),
    scale: options.boolean('scale', true),
    gamma_initializer: options.initializer('gamma_initializer', 'ones'),
    beta_initializer: options.initializer('beta_initializer', 'zeros'),
  }),
  plan: ({ axis, center, scale, gamma_initializer, beta_initializer }, input, refuse) => {
    const axes = positiveAxes(axis, input.length + 1);
    const rising = axes.every((each, index) => each >= 1 && each <= input.length && each > (axes[index - 1] ?? 0));
    if (!rising || axes.length === 0)
      refuse('axis', `rising axes, from 1 to ${input.length} or from the last one, -1`, JSON.stringify(axis));
    const shape = axes.map((each) => input[each - 1] ?? 1);
    return {
      outputShape: input,
      weights: {
        ...(scale && { gamma: parameter(shape, initialOf(gamma_initializer, shape)) }),
        ...(center && { beta: parameter(shape, initialOf(beta_initializer, shape)) }),
      },
    };
  },
  apply: ({ axis, epsilon, center, scale }, values, context) => {
    const axes = positiveAxes(axis, values.shape.length);
    const backwards = [...axes].reverse();
    const centred = sub(values, stagedMean(values, backwards));
    const normal = mul(centred, rsqrt(add(stagedMean(square(centred), backwards), epsilon)));
    const shape = values.shape.map((extent, index) => (axes.includes(index) ? extent : 1));
    const weight = (name: string) => reshape(context.weight(name), shape);
    const scaled = scale ? mul(normal, weight('gamma')) : normal;
    return center ? add(scaled, weight('beta')) : scaled;
  },
});

const positiveAxes = (axes: readonly number[], rank: number): readonly number[] =>
  axes.map((axis) => (axis < 0 ? axis + rank : axis));
