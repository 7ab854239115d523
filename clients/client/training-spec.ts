import {
  Augmentation as AugmentationCode,
  Method as MethodCode,
  TrainingSpec as SpecMessage,
  type ArchitectureSpec as ArchitectureMessage,
  type DataSpec as DataMessage,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import { fromOptimizer, toOptimizer, type OptimizerSpec } from './optimizer-spec.js';
import { normFromCode, normToCode, plain, type Norm, type Plain } from './plain.js';
import { fromLosses, toLosses, type TrainingLosses } from './training-losses.js';

/** The contract's methods. */
export type Method = Lowercase<Exclude<keyof typeof MethodCode, 'UNSPECIFIED' | 'UNRECOGNIZED'>>;

/** Their names. */
export const METHODS = Object.entries(MethodCode).flatMap(([name, code]) =>
  typeof code === 'number' && code > MethodCode.UNSPECIFIED ? [name.toLowerCase() as Method] : [],
);

export type Augmentation = 'none' | 'crop-flip';

/** What is trained: `name` is that of a family, or of a family and its sizes in one; `layers-model` beside layersModelJson. */
export type ArchitectureSpec = Plain<ArchitectureMessage>;

/** What is said here in another way than in the contract. */
interface Said {
  readonly data?: Plain<DataMessage> | undefined;
  readonly architecture?: ArchitectureSpec | undefined;
  readonly method?: Method | undefined;
  readonly norm?: Norm | undefined;
  readonly losses?: TrainingLosses | undefined;
  readonly optimizer?: OptimizerSpec | undefined;
  /** A decimal number of up to 64 bits. */
  readonly seed?: string | undefined;
  readonly augmentation?: Augmentation | undefined;
  /** Steps. */
  readonly checkpointInterval?: number | 'epoch' | undefined;
  /** Steps. */
  readonly validationInterval?: number | 'epoch' | undefined;
}

/**
 * What a job computes: the fields of the contract's TrainingSpec. What is not given is the service's default (training_service.proto names
 * each); a job's spec has them filled in.
 */
export type TrainingSpec = { readonly model: string } & Said &
  Plain<Omit<SpecMessage, 'model' | keyof Said | 'checkpointPerEpoch' | 'validationPerEpoch'>>;

const methodCode = (method: Method): MethodCode => MethodCode[method.toUpperCase() as Uppercase<Method>];

const AUGMENTATIONS = { none: AugmentationCode.NONE, 'crop-flip': AugmentationCode.CROP_FLIP } as const;

export function toTrainingSpec(spec: TrainingSpec): SpecMessage {
  const { checkpointInterval, validationInterval } = spec;
  return {
    ...SpecMessage.fromJSON({
      ...spec,
      checkpointInterval: stepsOf(checkpointInterval),
      validationInterval: stepsOf(validationInterval),
    }),
    checkpointPerEpoch: checkpointInterval === 'epoch',
    validationPerEpoch: validationInterval === 'epoch',
    method: spec.method === undefined ? MethodCode.UNSPECIFIED : methodCode(spec.method),
    norm: normToCode(spec.norm),
    losses: spec.losses && toLosses(spec.losses),
    optimizer: spec.optimizer && toOptimizer(spec.optimizer),
    augmentation: spec.augmentation === undefined ? AugmentationCode.UNSPECIFIED : AUGMENTATIONS[spec.augmentation],
  };
}

const stepsOf = (interval: number | 'epoch' | undefined): number | undefined =>
  interval === 'epoch' ? undefined : interval;

export function fromTrainingSpec(spec: SpecMessage): TrainingSpec {
  const { architecture, seed, losses, optimizer, checkpointPerEpoch, validationPerEpoch, ...same } = spec;
  const { checkpointInterval, validationInterval, ...numbers } = plain(same);
  return {
    ...numbers,
    architecture: architecture && {
      name: architecture.name,
      sizes: architecture.sizes,
      ...(architecture.layersModelJson !== '' && { layersModelJson: architecture.layersModelJson }),
    },
    method: fromMethod(spec.method),
    norm: normFromCode(spec.norm),
    losses: losses && fromLosses(losses),
    optimizer: optimizer && fromOptimizer(optimizer),
    seed: String(seed),
    augmentation: spec.augmentation === AugmentationCode.CROP_FLIP ? 'crop-flip' : 'none',
    checkpointInterval: checkpointPerEpoch ? 'epoch' : checkpointInterval,
    validationInterval: validationPerEpoch ? 'epoch' : validationInterval,
  };
}

/** A code that this client does not know is the default's, as in the contract. */
const fromMethod = (code: MethodCode): Method => METHODS.find((method) => methodCode(method) === code) ?? 'mma';
