import { invalidInput } from '../../core/errors.js';
import { checked } from '../../core/field.js';
import type { ConfigOf } from '../mma/hyperparameter.js';
import type { TrainingConfig } from '../mma/training-config.js';
import { completeHyperparameters, completeRows } from './complete-hyperparameters.js';
import { completeNetwork, type NetworkSpec } from './network-spec.js';
import { withPreset } from './presets/with-preset.js';
import { TRAINING_SPEC, type JobSpecRequest } from './training-spec.js';

/** All that decides what a job computes, every default filled in. Plain JSON: it is stored and sent to the job's process. */
export interface JobSpec {
  /** The name to publish under. */
  readonly model: string;
  readonly data: ConfigOf<typeof TRAINING_SPEC.data>;
  readonly architecture: NetworkSpec;
  readonly training: TrainingConfig;
  /** Empty: champion if the model has none yet, else challenger. */
  readonly alias: string;
  /** What the rest was taken from, where it was not asked for. */
  readonly preset?: string;
}

/**
 * Fills in what the preset says that is named, and then the defaults, and checks every field.
 *
 * @throws invalid-input naming the field as the contract does: `spec.max_distance`
 */
export function completeSpec(asked: JobSpecRequest): JobSpec {
  const request = withPreset(asked);
  const { data, model, alias, preset } = TRAINING_SPEC;
  return {
    alias: '',
    ...(completeRows('spec', { alias, preset }, request) as Partial<JobSpec>),
    model: checked(model.field, 'spec.model', request.model),
    data: completeRows('spec.data', data, request.data ?? {}) as JobSpec['data'],
    architecture: completeNetwork(request.architecture),
    training: completeHyperparameters(request),
  };
}

/** How many of the first `available` training examples are kept for validation: 5,000, at most a twelfth of them, if the spec says nothing. */
export function validationCount(spec: JobSpec, available: number): number {
  const asked = spec.data.validationExamples;
  if (asked === 0) return Math.max(1, Math.min(5000, Math.floor(available / 12)));
  if (asked >= available)
    throw invalidInput('spec.data.validation_examples', `fewer than the ${available} training examples`, String(asked));
  return asked;
}
