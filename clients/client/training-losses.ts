import {
  Loss as LossCode,
  type TrainingLosses as LossesMessage,
} from '../../proto/gen/maxmargin/v1/training_service.js';

/** The contract's losses. */
export type TrainingLoss = Lowercase<Exclude<keyof typeof LossCode, 'UNSPECIFIED' | 'UNRECOGNIZED'>>;

/** Their names. */
export const LOSSES = Object.entries(LossCode).flatMap(([name, code]) =>
  typeof code === 'number' && code > LossCode.UNSPECIFIED ? [name.toLowerCase() as TrainingLoss] : [],
);

/** Which loss is used for what. */
export interface TrainingLosses {
  /** The loss that PGD ascends; default: slm. */
  readonly attack?: TrainingLoss | undefined;
  /** Whose zero the bisection looks for: slm (the default) or lm. */
  readonly search?: TrainingLoss | undefined;
  /** At perturbed points; default: ce. */
  readonly margin?: TrainingLoss | undefined;
  /** At the examples themselves; default: ce. */
  readonly clean?: TrainingLoss | undefined;
}

export function toLosses({ attack, search, margin, clean }: TrainingLosses): LossesMessage {
  const code = (loss?: TrainingLoss): LossCode =>
    loss === undefined ? LossCode.UNSPECIFIED : LossCode[loss.toUpperCase() as Uppercase<TrainingLoss>];
  return { attack: code(attack), search: code(search), margin: code(margin), clean: code(clean) };
}

export function fromLosses({ attack, search, margin, clean }: LossesMessage): TrainingLosses {
  const name = (code: LossCode) =>
    LOSSES.find((loss) => LossCode[loss.toUpperCase() as Uppercase<TrainingLoss>] === code);
  return { attack: name(attack), search: name(search), margin: name(margin), clean: name(clean) };
}
