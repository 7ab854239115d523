import { add, div, mul, sqrt, square, sub } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { learningRateAt } from './learning-rate.js';
import { mapNamed, named } from './named.js';
import type { Optimizer } from './optimizer.js';
import type { OptimizerConfig } from './training-config.js';

/**
 * Adam (Kingma and Ba 2015, Algorithm 1), in the form of PyTorch's `Adam`:
 *
 *     g ← g + λθ
 *     m ← m + (1 − β₁)(g − m)
 *     v ← β₂v + (1 − β₂)g²
 *     θ ← θ − α / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 *
 * The bias corrections are computed in float64; ε stands outside the square root.
 */
export function adam(config: Extract<OptimizerConfig, { rule: 'adam' }>): Optimizer {
  const { beta1, beta2, epsilon, weightDecay } = config;
  return {
    stateShapes: (parameters) => ({
      ...Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`first.${name}`, shape])),
      ...Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`second.${name}`, shape])),
    }),

    factors: (step) => ({
      stepSize: learningRateAt(config, step) / (1 - beta1 ** step),
      secondCorrection: Math.sqrt(1 - beta2 ** step),
    }),

    update: (parameters, gradients, state, factors) => {
      const next: Record<string, Tensor> = {};
      const moved = mapNamed(parameters, (theta, name) => {
        const gradient = named(gradients, name);
        const g = weightDecay === 0 ? gradient : add(gradient, mul(theta, weightDecay));
        const m = named(state, `first.${name}`);
        const first = add(m, mul(sub(g, m), 1 - beta1));
        const second = add(mul(named(state, `second.${name}`), beta2), mul(square(g), 1 - beta2));
        next[`first.${name}`] = first;
        next[`second.${name}`] = second;
        const scale = add(div(sqrt(second), named(factors, 'secondCorrection')), epsilon);
        return sub(theta, mul(named(factors, 'stepSize'), div(first, scale)));
      });
      return { parameters: moved, state: next };
    },
  };
}
