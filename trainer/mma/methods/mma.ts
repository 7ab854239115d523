import { compileMaxMargin } from './max-margin.js';
import type { TrainingMethod } from './training-method.js';

/** Max-Margin Adversarial training (paper, Eq. 7 and 8): c · clean + (1 − c) · MMA. */
export const mma: TrainingMethod = {
  fields: { cleanCoefficient: {} },
  losses: ['attack', 'search', 'margin', 'clean'],
  compile: compileMaxMargin,
};
