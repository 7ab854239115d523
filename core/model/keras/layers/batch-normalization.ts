import { add, mul, reshape, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { meanOver } from '../../../engine/world/all-reduce.js';
import type { World } from '../../../engine/world/world.js';
import { stagedMean } from '../../layers/staged-mean.js';
import type { WeightSpec } from '../../layers/layer-kind.js';
import { initialOf, type Initializer } from '../initializers.js';
import { oneInput, parameter } from '../keras-layer.js';

/**
 * Batch normalisation of the last axis (Ioffe and Szegedy 2015): γ (x − μ) / √(σ² + ε) + β.
 *
 * In training μ and σ² are the whole batch's, and the running ones move as TensorFlow.js moves them: running ← m · running + (1 − m) · batch, the
 * running variance by the population variance. (Networks of our own follow PyTorch there, by the unbiased one.)
 */
export const batchNormalizationLayer = oneInput({
  read: (options) => {
    options.only('renorm', false);
    options.only('synchronized', false);
    return {
      axis: options.axis('axis'),
      momentum: options.real('momentum', 0.99),
      epsilon: options.real('epsilon', 1e-3),
      center: options.boolean('center', true),
      scale: options.boolean('scale', true),
      gamma_initializer: options.initializer('gamma_initializer', 'ones'),
      beta_initializer: options.initializer('beta_initializer', 'zeros'),
      moving_mean_initializer: options.initializer('moving_mean_initializer', 'zeros'),
      moving_variance_initializer: options.initializer('moving_variance_initializer', 'ones'),
    };
  },
  plan: (config, input, refuse) => {
    if (config.axis !== -1 && config.axis !== input.length)
      refuse('axis', `the last axis, -1 or ${input.length}`, `${config.axis}`);
    const shape = [input.at(-1) ?? 1];
    const weight = (role: WeightSpec['role'], initializer: Initializer): WeightSpec => ({
      ...parameter(shape, initialOf(initializer, shape)),
      role,
    });
    return {
      outputShape: input,
      weights: {
        ...(config.scale && { gamma: weight('parameter', config.gamma_initializer) }),
        ...(config.center && { beta: weight('parameter', config.beta_initializer) }),
        moving_mean: weight('statistic', config.moving_mean_initializer),
        moving_variance: weight('statistic', config.moving_variance_initializer),
      },
    };
  },
  apply: ({ momentum, epsilon, center, scale }, values, context) => {
    const running = [context.weight('moving_mean'), context.weight('moving_variance')] as const;
    let [mean, variance]: readonly [Tensor, Tensor] = running;
    if (context.training) {
      mean = channelMean(values, context.world);
      variance = channelMean(square(sub(values, mean)), context.world);
      const moved = (old: Tensor, batch: Tensor) => add(mul(old, momentum), mul(batch, 1 - momentum));
      context.moveStatistic('moving_mean', moved(running[0], mean));
      context.moveStatistic('moving_variance', moved(running[1], variance));
    }
    const inverse = rsqrt(add(variance, epsilon));
    const factor = scale ? mul(context.weight('gamma'), inverse) : inverse;
    const normal = mul(sub(values, mean), factor);
    return center ? add(normal, context.weight('beta')) : normal;
  },
});

/** [n, …, c] → [c]. */
function channelMean(values: Tensor, world: World): Tensor {
  const axes = values.shape.map((_, axis) => axis).slice(0, -1);
  return meanOver(world, reshape(stagedMean(values, axes.reverse()), [-1]));
}
