import { add, mul, sub } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { learningRateAt } from './learning-rate.js';
import { mapNamed, named } from './named.js';
import type { Optimizer } from './optimizer.js';
import type { OptimizerConfig } from './training-config.js';

/**
 * Stochastic gradient descent with momentum (Polyak 1964), in the form of PyTorch's `SGD` without dampening:
 *
 *     g ← g + λθ
 *     b ← μb + g        (b starts as 0, so that it is the gradient itself after the first step)
 *     θ ← θ − αb
 */
export function sgd(config: Extract<OptimizerConfig, { rule: 'sgd' }>): Optimizer {
  const { momentum, weightDecay } = config;
  return {
    stateShapes: (parameters) =>
      Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`momentum.${name}`, shape])),

    factors: (step) => ({ learningRate: learningRateAt(config, step) }),

    update: (parameters, gradients, state, factors) => {
      const next: Record<string, Tensor> = {};
      const moved = mapNamed(parameters, (theta, name) => {
        const gradient = named(gradients, name);
        const g = weightDecay === 0 ? gradient : add(gradient, mul(theta, weightDecay));
        const buffer = add(mul(named(state, `momentum.${name}`), momentum), g);
        next[`momentum.${name}`] = buffer;
        return sub(theta, mul(named(factors, 'learningRate'), buffer));
      });
      return { parameters: moved, state: next };
    },
  };
}
