import { DomainError } from '../../../core/errors.js';
import type { Interval } from '../../../core/field.js';
import type { ConfigOf } from '../hyperparameter.js';
import { LOSSES, type METHOD_HYPERPARAMETERS } from '../hyperparameters.js';

/** Which loss is used for what. */
export type TrainingLosses = Required<ConfigOf<typeof LOSSES>>;
export type LossRole = keyof TrainingLosses;

/** What methods of training read of a configuration. Plain JSON. */
export type MethodConfig = ConfigOf<Omit<typeof METHOD_HYPERPARAMETERS, 'losses'>> & {
  /** Those that are not there take the defaults of their rows. */
  readonly losses?: Partial<TrainingLosses>;
};

type Rows = typeof METHOD_HYPERPARAMETERS;

/** The numbers that some methods take and others do not. */
export type MethodField = { [K in keyof Rows]: Rows[K] extends { ofMethods: true } ? K : never }[keyof Rows];

/** What a method takes in a field: the one number that it always has, or what its row says but for what differs here. */
export type FieldRule = { readonly only: number } | { readonly byDefault?: number; readonly within?: Interval };

export const lossesOf = ({ losses }: Pick<MethodConfig, 'losses'>): TrainingLosses => ({
  attack: LOSSES.attack.byDefault,
  search: LOSSES.search.byDefault,
  margin: LOSSES.margin.byDefault,
  clean: LOSSES.clean.byDefault,
  ...losses,
});

/** What a configuration holds in a field that its method takes. */
export function required(config: MethodConfig, field: MethodField): number {
  const value = config[field];
  if (value === undefined) throw new DomainError('internal', `training configuration: expected ${field}, got none`);
  return value;
}
