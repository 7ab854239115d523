import type { Method } from './hyperparameters.js';
import { mma } from './methods/mma.js';
import { omma } from './methods/omma.js';
import { pgd } from './methods/pgd.js';
import { pgdls } from './methods/pgdls.js';
import { standard } from './methods/standard.js';
import { trades } from './methods/trades.js';
import type { TrainingMethod } from './methods/training-method.js';

export { METHODS, type Method } from './hyperparameters.js';

/** Every method of training. */
export const TRAINING_METHODS: Readonly<Record<Method, TrainingMethod>> = {
  mma,
  omma,
  standard,
  pgd,
  pgdls,
  trades,
};
