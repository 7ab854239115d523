import { DomainError } from '../../../core/errors.js';
import type { LossName } from '../../../core/margin/losses.js';
import type { Norm } from '../../../core/margin/threat-model.js';

/** What methods of training read of a configuration. Plain JSON. */
export interface MethodConfig {
  readonly norm: Norm;
  /** d_max. */
  readonly maxDistance: number;
  /** ε_min. */
  readonly minRadius: number;
  /** N. */
  readonly attackIterations: number;
  readonly bisections: number;
  /** c: 1/3 for MMA, 0 for OMMA. */
  readonly cleanCoefficient: number;
  readonly steps: number;
  /** ε of the methods with a fixed radius; the last one where it grows. */
  readonly epsilon?: number;
  /** ε of the first step, where it grows. */
  readonly initialEpsilon?: number;
  /** Steps that ε grows for. */
  readonly epsilonRampSteps?: number;
  /** β of TRADES. */
  readonly tradesBeta?: number;
  /** Those that are not there are {@link DEFAULT_LOSSES}. */
  readonly losses?: Partial<TrainingLosses>;
}

/** The numbers that some methods take and others do not; each is a field of the contract's TrainingSpec. */
export const METHOD_FIELDS = [
  'cleanCoefficient',
  'epsilon',
  'initialEpsilon',
  'epsilonRampSteps',
  'tradesBeta',
] as const satisfies readonly (keyof MethodConfig)[];
export type MethodField = (typeof METHOD_FIELDS)[number];

/** What a rule of a field may depend on. */
export type CommonConfig = Omit<MethodConfig, MethodField | 'losses'>;

/** The ends of an interval, each open or closed. */
export type Interval = ({ readonly above: number } | { readonly atLeast: number }) &
  ({ readonly below: number } | { readonly atMost: number });

/** The numbers asked for before this field's, in the order of {@link METHOD_FIELDS}: a bound of one may be another. */
export type Asked = Partial<Record<MethodField, number>>;

/** What a method takes in a field: the one number that it always has, any of an interval, or a whole one. */
export type FieldRule =
  | { readonly only: number }
  | {
      /** What is taken where none is asked for. */
      readonly byDefault: (config: CommonConfig, before: Asked) => number;
      readonly interval: (config: CommonConfig, before: Asked) => Interval;
    }
  | { readonly byDefault: (config: CommonConfig, before: Asked) => number; readonly whole: WholeNumbers };

export interface WholeNumbers {
  readonly least: number;
  readonly most: number;
}

/** The losses that training may use (core/margin/losses.ts). */
export const TRAINING_LOSSES = ['ce', 'lm', 'slm', 'cw'] as const satisfies readonly LossName[];
export type TrainingLoss = (typeof TRAINING_LOSSES)[number];

/** Those of them that are 0 on the decision boundary, or, in the case of SLM, before it. CE is above 0 everywhere, and CW not below. */
export const CROSSING_LOSSES = ['slm', 'lm'] as const satisfies readonly TrainingLoss[];

/** Which loss is used for what (paper, settings). */
export interface TrainingLosses {
  /** What PGD climbs. */
  readonly attack: TrainingLoss;
  /** Whose zero the bisection looks for, and which is negative where an example is right. */
  readonly search: (typeof CROSSING_LOSSES)[number];
  /** At perturbed points. */
  readonly margin: TrainingLoss;
  /** At the examples themselves. */
  readonly clean: TrainingLoss;
}

export const LOSS_ROLES = ['attack', 'search', 'margin', 'clean'] as const satisfies readonly (keyof TrainingLosses)[];
export type LossRole = (typeof LOSS_ROLES)[number];

export const DEFAULT_LOSSES: TrainingLosses = { attack: 'slm', search: 'slm', margin: 'ce', clean: 'ce' };

export const lossesOf = ({ losses }: Pick<MethodConfig, 'losses'>): TrainingLosses => ({
  ...DEFAULT_LOSSES,
  ...losses,
});

/** What a configuration holds in a field that its method takes. */
export function required(config: MethodConfig, field: MethodField): number {
  const value = config[field];
  if (value === undefined) throw new DomainError('internal', `training configuration: expected ${field}, got none`);
  return value;
}
