import type { StepInterval, TrainingConfig } from '../mma/training-config.js';
import { integer, real } from './spec-fields.js';

/** When a training is looked at, and how; what is not there takes its default. */
export interface ValidationRequest {
  readonly checkpointInterval?: StepInterval | undefined;
  readonly validationInterval?: StepInterval | undefined;
  readonly validationMarginExamples?: number | undefined;
  readonly validationRadius?: number | undefined;
  readonly validationStepSize?: number | undefined;
  readonly evaluationMarginExamples?: number | undefined;
  readonly keepEpochs?: boolean | undefined;
  readonly earlyStopValidations?: number | undefined;
}

const MAX_INTERVAL = 1_000_000;
const MAX_MEASURED = 1_000_000;
/** Of d_max: the paper's 0.3 at 0.45 and 8/255 at 12/255. */
const RADIUS_SHARE = 2 / 3;
/** Of a PGD's radius, divided by its iterations (paper, Algorithm 1). */
const STEP_SCALE = 2.5;

/** Fills in the defaults and checks every field. @throws invalid-input */
export function completeValidation(
  request: ValidationRequest,
  { maxDistance, attackIterations, steps }: Pick<TrainingConfig, 'maxDistance' | 'attackIterations' | 'steps'>,
): Pick<TrainingConfig, keyof ValidationRequest> {
  const validationRadius = real('spec.validation_radius', request.validationRadius, RADIUS_SHARE * maxDistance, {
    above: 0,
    atMost: MAX_RADIUS,
  });
  return {
    checkpointInterval: interval('spec.checkpoint_interval', request.checkpointInterval, 100),
    validationInterval: interval(
      'spec.validation_interval',
      request.validationInterval,
      Math.min(1000, Math.ceil(steps / 5)),
    ),
    validationMarginExamples: integer(
      'spec.validation_margin_examples',
      request.validationMarginExamples,
      200,
      1,
      MAX_MEASURED,
    ),
    validationRadius,
    validationStepSize: real(
      'spec.validation_step_size',
      request.validationStepSize,
      (STEP_SCALE * validationRadius) / attackIterations,
      { above: 0, atMost: MAX_RADIUS },
    ),
    evaluationMarginExamples: integer(
      'spec.evaluation_margin_examples',
      request.evaluationMarginExamples,
      200,
      1,
      MAX_MEASURED,
    ),
    ...(request.keepEpochs === true && { keepEpochs: true }),
    ...early(integer('spec.early_stop_validations', request.earlyStopValidations, 0, 0, MAX_INTERVAL)),
  };
}

/** The largest that means something for values in [0, 1]. */
const MAX_RADIUS = 1000;

const early = (earlyStopValidations: number) => (earlyStopValidations === 0 ? {} : { earlyStopValidations });

const interval = (field: string, value: StepInterval | undefined, byDefault: number): StepInterval =>
  value === 'epoch' ? value : integer(field, value, byDefault, 1, MAX_INTERVAL);
