import type { ConfigOf } from './hyperparameter.js';
import type { MethodConfig } from './methods/method-config.js';
import type { HYPERPARAMETERS, OPTIMIZER_OWN, OptimizerCommon } from './hyperparameters.js';

type OwnOf<Rule extends keyof typeof OPTIMIZER_OWN> = { readonly rule: Rule } & ConfigOf<(typeof OPTIMIZER_OWN)[Rule]>;

export type OptimizerConfig = Omit<ConfigOf<OptimizerCommon>, 'rule'> & (OwnOf<'adam'> | OwnOf<'sgd'>);

/** Everything that decides what training computes, given data, model and engine. Plain JSON. */
export type TrainingConfig = ConfigOf<Omit<typeof HYPERPARAMETERS, 'optimizer' | 'losses'>> &
  Pick<MethodConfig, 'losses'> & { readonly optimizer: OptimizerConfig };
