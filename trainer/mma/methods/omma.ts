import { compileMaxMargin } from './max-margin.js';
import type { TrainingMethod } from './training-method.js';

/** The MMA term alone (paper, Eq. 7): c = 0. */
export const omma: TrainingMethod = {
  fields: { cleanCoefficient: { only: 0 } },
  losses: ['attack', 'search', 'margin', 'clean'],
  compile: compileMaxMargin,
};
