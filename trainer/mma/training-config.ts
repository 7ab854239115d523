import type { MethodConfig } from './methods/method-config.js';
import type { Method } from './methods.js';

/** From when on a learning rate holds. */
export interface LearningRateChange {
  /** Steps done before it. */
  readonly fromStep: number;
  readonly learningRate: number;
}

interface LearningRates {
  /** Until the schedule says otherwise. */
  readonly learningRate: number;
  /** Ascending by `fromStep`, see {@link learningRateAt}; none: constant. */
  readonly schedule?: readonly LearningRateChange[];
}

export type OptimizerConfig = LearningRates & {
  /** Added to the gradient as weightDecay · θ. */
  readonly weightDecay: number;
} & (
    | { readonly rule: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
    | { readonly rule: 'sgd'; readonly momentum: number }
  );

/** Everything that decides what training computes, given data, model and engine. Plain JSON. */
export interface TrainingConfig extends MethodConfig {
  readonly method: Method;
  readonly batchSize: number;
  readonly optimizer: OptimizerConfig;
  /** A decimal number of up to 64 bits. */
  readonly seed: string;
  /** Steps between checkpoints. */
  readonly checkpointInterval: number;
  /** Steps between validations. */
  readonly validationInterval: number;
  /** Examples that a validation measures margins on. */
  readonly validationMarginExamples: number;
  /** Test examples that the final evaluation measures margins on. */
  readonly evaluationMarginExamples: number;
}
