import type { Validation } from './validation.js';

/** Where a training stands. */
export interface TrainingProgress {
  readonly phase: 'training' | 'validating';
  /** Steps done. */
  readonly step: number;
  /** Steps to do. */
  readonly steps: number;
  /** Epochs completed. */
  readonly epoch: number;
  /** mean CE(x) of the last step's batch; 0 before the first step. */
  readonly cleanLoss: number;
  /** The loss of the last step at perturbed points, in TRADES how far answers moved; 0 in standard training. */
  readonly marginLoss: number;
  /** The mean search radius of the last step’s correct examples, up to 1.05 d_max, 0 if there were none; ε where that is fixed. */
  readonly meanRadius: number;
  /** The fraction of the last step's batch that was classified correctly. */
  readonly batchAccuracy: number;
  /** The last validation. */
  readonly validation?: Validation;
  /** The validation with the largest mean margin so far. */
  readonly best?: Validation;
  /** The median of the last steps. */
  readonly secondsPerStep: number;
  /** Steps and validations that are left, at the pace so far. */
  readonly etaSeconds: number;
}

/** The figures of a progress that come from its last step. */
export type StepFigures = Pick<TrainingProgress, 'cleanLoss' | 'marginLoss' | 'meanRadius' | 'batchAccuracy'>;
