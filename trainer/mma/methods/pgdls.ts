import { compileFixedRadius } from './fixed-radius.js';
import { required, type MethodConfig } from './method-config.js';
import { pgd } from './pgd.js';
import type { TrainingMethod } from './training-method.js';

/** PGD training with linear scaling: the radius grows over training (paper, baselines). */
export const pgdls: TrainingMethod = {
  fields: {
    ...pgd.fields,
    initialEpsilon: {},
    epsilonRampSteps: {},
  },
  losses: pgd.losses,
  compile: (context) => compileFixedRadius(context, (step) => rampedEpsilon(context.config, step)),
};

/**
 * ε after t steps:
 *
 *     ε(t) = ε₀ + (ε − ε₀) · min(1, t / T)
 *
 * @param step t
 */
export function rampedEpsilon(config: MethodConfig, step: number): number {
  const first = required(config, 'initialEpsilon');
  const last = required(config, 'epsilon');
  return first + (last - first) * Math.min(1, step / required(config, 'epsilonRampSteps'));
}
