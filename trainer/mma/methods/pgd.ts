import { compileFixedRadius } from './fixed-radius.js';
import { required } from './method-config.js';
import type { TrainingMethod } from './training-method.js';

/** Adversarial training with PGD at a fixed radius (Madry et al. 2018, arXiv:1706.06083); c = 0 there. */
export const pgd: TrainingMethod = {
  fields: {
    cleanCoefficient: { byDefault: 0, within: { atLeast: 0, below: 1 } },
    epsilon: {},
  },
  losses: ['attack', 'margin', 'clean'],
  compile: (context) => {
    const epsilon = required(context.config, 'epsilon');
    return compileFixedRadius(context, () => epsilon);
  },
};
