import { mma } from './methods/mma.js';
import { omma } from './methods/omma.js';
import { pgd } from './methods/pgd.js';
import { pgdls } from './methods/pgdls.js';
import { standard } from './methods/standard.js';
import { trades } from './methods/trades.js';
import type { TrainingMethod } from './methods/training-method.js';

/** Every method of training, by the name that the contract has in capitals. */
const TABLE = {
  mma,
  omma,
  standard,
  pgd,
  pgdls,
  trades,
} as const satisfies Readonly<Record<string, TrainingMethod>>;

export type Method = keyof typeof TABLE;

export const TRAINING_METHODS: Readonly<Record<Method, TrainingMethod>> = TABLE;

/** Their names. */
export const METHODS = Object.keys(TABLE) as readonly Method[];
