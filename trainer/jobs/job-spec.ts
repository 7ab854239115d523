import { invalidInput } from '../../core/errors.js';
import { DEFAULT_MAX_DISTANCE, NORMS } from '../../core/margin/threat-model.js';
import type { Norm } from '../../core/margin/threat-model.js';
import { checkAliasName, checkModelName } from '../../core/registry/names.js';
import { DATASET_NAMES } from '../data/open-dataset.js';
import type { DatasetName } from '../data/open-dataset.js';
import { AUGMENTATIONS } from '../mma/augmentation.js';
import { METHODS } from '../mma/methods.js';
import type { TrainingConfig } from '../mma/training-config.js';
import type { JobSpecRequest } from './job-spec-request.js';
import { completeMethod } from './method-spec.js';
import { completeNetwork, type NetworkSpec } from './network-spec.js';
import { completeOptimizer } from './optimizer-spec.js';
import { withPreset } from './presets/with-preset.js';
import { choice, integer, integerUpTo, MAX_STEPS, real, relativeDirectory, unsigned64 } from './spec-fields.js';
import { completeValidation } from './validation-spec.js';

/** All that decides what a job computes, every default filled in. Plain JSON: it is stored and sent to the job's process. */
export interface JobSpec {
  /** The name to publish under. */
  readonly model: string;
  readonly data: {
    readonly name: DatasetName;
    /** Below the trainer's data directory. */
    readonly directory: string;
    /** 0: all. */
    readonly trainExamples: number;
    /** 0: decided when the data is read, see {@link validationCount}. */
    readonly validationExamples: number;
  };
  readonly architecture: NetworkSpec;
  readonly training: TrainingConfig;
  /** Empty: champion if the model has none yet, else challenger. */
  readonly alias: string;
  /** What the rest was taken from, where it was not asked for. */
  readonly preset?: string;
}

const MAX_EXAMPLES = 10_000_000;

/** Per norm: the defaults of the paper's MNIST settings, and the largest d_max that means something for values in [0, 1]. */
const DISTANCES: Readonly<Record<Norm, { maxDistance: number; minRadius: number; limit: number }>> = {
  linf: { maxDistance: DEFAULT_MAX_DISTANCE.linf, minRadius: 0.1, limit: 1 },
  l2: { maxDistance: DEFAULT_MAX_DISTANCE.l2, minRadius: 0.5, limit: 1000 },
};

/**
 * Fills in what the preset says that is named, and then the defaults, and checks every field.
 *
 * @throws invalid-input naming the field as the contract does: `spec.max_distance`
 */
export function completeSpec(asked: JobSpecRequest): JobSpec {
  const request = withPreset(asked);
  const { model, alias = '', preset = '', data = {} } = request;
  checkModelName(model, 'spec.model');
  if (alias !== '') checkAliasName(alias, 'spec.alias');
  const dataName = choice('spec.data.name', data.name, DATASET_NAMES, 'digits');
  const trainExamples = integer('spec.data.train_examples', data.trainExamples, 0, 0, MAX_EXAMPLES);
  return {
    model,
    data: {
      name: dataName,
      directory: relativeDirectory('spec.data.directory', data.directory, dataName),
      trainExamples,
      validationExamples: integerUpTo(
        'spec.data.validation_examples',
        data.validationExamples,
        0,
        trainExamples === 0 ? MAX_EXAMPLES : trainExamples - 1,
        'fewer than train_examples',
      ),
    },
    architecture: completeNetwork(request.architecture),
    training: completeTraining(request),
    alias,
    ...(preset !== '' && { preset }),
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

function completeTraining(request: JobSpecRequest): TrainingConfig {
  const method = choice('spec.method', request.method, METHODS, 'mma');
  const norm = choice('spec.norm', request.norm, NORMS, 'linf');
  const distances = DISTANCES[norm];
  const maxDistance = real('spec.max_distance', request.maxDistance, distances.maxDistance, {
    above: 0,
    atMost: distances.limit,
  });
  const steps = integer('spec.steps', request.steps, 1000, 1, MAX_STEPS);
  const common = {
    norm,
    maxDistance,
    minRadius: real('spec.min_radius', request.minRadius, Math.min(distances.minRadius, maxDistance / 4), {
      above: 0,
      atMost: maxDistance,
    }),
    attackIterations: integer('spec.attack_iterations', request.attackIterations, 40, 1, 1000),
    bisections: integer('spec.bisections', request.bisections, 10, 1, 100),
    steps,
  };
  return {
    method,
    ...common,
    ...completeMethod(method, request, common),
    batchSize: integer('spec.batch_size', request.batchSize, 50, 1, 4096),
    optimizer: completeOptimizer(request.optimizer ?? {}),
    seed: unsigned64('spec.seed', request.seed ?? '0'),
    augmentation: choice('spec.augmentation', request.augmentation, AUGMENTATIONS, 'none'),
    ...completeValidation(request, common),
  };
}
