import type { Augmentation } from './augmentation.js';
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

/** Steps, or an epoch: as many as there are full batches of training examples. */
export type StepInterval = number | 'epoch';

/** Everything that decides what training computes, given data, model and engine. Plain JSON. */
export interface TrainingConfig extends MethodConfig {
  readonly method: Method;
  readonly batchSize: number;
  readonly optimizer: OptimizerConfig;
  /** A decimal number of up to 64 bits. */
  readonly seed: string;
  /** How training images are varied; not given: none. */
  readonly augmentation?: Augmentation;
  /** Steps between checkpoints. */
  readonly checkpointInterval: StepInterval;
  /** Steps between validations. */
  readonly validationInterval: StepInterval;
  /** The radius of a validation's PGD; not given: 2/3 d_max. */
  readonly validationRadius?: number;
  /** The length of its steps; not given: 2.5 radii / N. */
  readonly validationStepSize?: number;
  /** Examples that a validation measures margins on. */
  readonly validationMarginExamples: number;
  /** Test examples that the final evaluation measures margins on. */
  readonly evaluationMarginExamples: number;
  /** Whether the weights at the end of every epoch are kept. */
  readonly keepEpochs?: boolean;
  /** The training ends after so many validations without a larger mean margin; not given, or 0: never. */
  readonly earlyStopValidations?: number;
}
