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
}

/** The numbers that some methods take and others do not; each is a field of the contract's TrainingSpec. */
export const METHOD_FIELDS = ['cleanCoefficient'] as const satisfies readonly (keyof MethodConfig)[];
export type MethodField = (typeof METHOD_FIELDS)[number];

/** What a rule of a field may depend on. */
export type CommonConfig = Omit<MethodConfig, MethodField>;

/** The ends of an interval, each open or closed. */
export type Interval = ({ readonly above: number } | { readonly atLeast: number }) &
  ({ readonly below: number } | { readonly atMost: number });

/** What a method takes in a field: the one number that it always has, or any of an interval. */
export type FieldRule =
  | { readonly only: number }
  | {
      /** What is taken where none is asked for. */
      readonly byDefault: (config: CommonConfig) => number;
      readonly interval: (config: CommonConfig) => Interval;
    };
