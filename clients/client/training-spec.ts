import {
  Augmentation as AugmentationCode,
  Method as MethodCode,
  type TrainingSpec as SpecMessage,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import { fromOptimizer, toOptimizer, type OptimizerSpec } from './optimizer-spec.js';
import { int64, normFromCode, normToCode, safeNumber } from './plain.js';
import type { Norm } from './plain.js';
import { fromLosses, toLosses, type TrainingLosses } from './training-losses.js';

/** The contract's methods. */
export type Method = Lowercase<Exclude<keyof typeof MethodCode, 'UNSPECIFIED' | 'UNRECOGNIZED'>>;

/** Their names. */
export const METHODS = Object.entries(MethodCode).flatMap(([name, code]) =>
  typeof code === 'number' && code > MethodCode.UNSPECIFIED ? [name.toLowerCase() as Method] : [],
);

export type Augmentation = 'none' | 'crop-flip';

/** What is trained. */
export interface ArchitectureSpec {
  /** `lenet`, `wrn`, `mlp` or `cnn`, or with their sizes: `wrn-28-4`; `layers-model` beside layersModelJson. */
  readonly name?: string | undefined;
  readonly sizes?: readonly number[] | undefined;
  /** A network of your own: the `model.json` of a TensorFlow.js LayersModel that ends in logits; its weights are not used. */
  readonly layersModelJson?: string | undefined;
}

/** What a job computes. What is not given is the service's default (training_service.proto names each); a job's spec has them filled in. */
export interface TrainingSpec {
  /** The name to publish under. */
  readonly model: string;
  readonly data?:
    | {
        readonly name?: string | undefined;
        readonly directory?: string | undefined;
        readonly trainExamples?: number | undefined;
        readonly validationExamples?: number | undefined;
      }
    | undefined;
  readonly architecture?: ArchitectureSpec | undefined;
  readonly method?: Method | undefined;
  readonly norm?: Norm | undefined;
  readonly maxDistance?: number | undefined;
  readonly minRadius?: number | undefined;
  readonly attackIterations?: number | undefined;
  readonly bisections?: number | undefined;
  readonly cleanCoefficient?: number | undefined;
  /** Of pgd, pgdls and trades. */
  readonly epsilon?: number | undefined;
  /** Of pgdls. */
  readonly initialEpsilon?: number | undefined;
  /** Of pgdls. */
  readonly epsilonRampSteps?: number | undefined;
  /** Of trades. */
  readonly tradesBeta?: number | undefined;
  readonly losses?: TrainingLosses | undefined;
  readonly steps?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly optimizer?: OptimizerSpec | undefined;
  /** A decimal number of up to 64 bits. */
  readonly seed?: string | undefined;
  readonly augmentation?: Augmentation | undefined;
  /** Steps. */
  readonly checkpointInterval?: number | 'epoch' | undefined;
  /** Steps. */
  readonly validationInterval?: number | 'epoch' | undefined;
  readonly validationRadius?: number | undefined;
  readonly validationStepSize?: number | undefined;
  readonly validationMarginExamples?: number | undefined;
  readonly evaluationMarginExamples?: number | undefined;
  readonly keepEpochs?: boolean | undefined;
  readonly earlyStopValidations?: number | undefined;
  readonly alias?: string | undefined;
  /** What is taken for everything that is not given here: `maxmargin train --list-presets`. */
  readonly preset?: string | undefined;
}

const methodCode = (method: Method): MethodCode => MethodCode[method.toUpperCase() as Uppercase<Method>];

const AUGMENTATIONS = { none: AugmentationCode.NONE, 'crop-flip': AugmentationCode.CROP_FLIP } as const;

export function toTrainingSpec(spec: TrainingSpec): SpecMessage {
  const { data, architecture } = spec;
  return {
    model: spec.model,
    data: data && {
      name: data.name ?? '',
      directory: data.directory ?? '',
      trainExamples: int64(data.trainExamples),
      validationExamples: int64(data.validationExamples),
    },
    architecture: architecture && {
      name: architecture.name ?? '',
      sizes: [...(architecture.sizes ?? [])],
      layersModelJson: architecture.layersModelJson ?? '',
    },
    method: spec.method === undefined ? MethodCode.UNSPECIFIED : methodCode(spec.method),
    norm: normToCode(spec.norm),
    maxDistance: spec.maxDistance ?? 0,
    minRadius: spec.minRadius ?? 0,
    attackIterations: spec.attackIterations ?? 0,
    bisections: spec.bisections ?? 0,
    cleanCoefficient: spec.cleanCoefficient,
    epsilon: spec.epsilon,
    initialEpsilon: spec.initialEpsilon,
    epsilonRampSteps: spec.epsilonRampSteps,
    tradesBeta: spec.tradesBeta,
    losses: spec.losses && toLosses(spec.losses),
    steps: int64(spec.steps),
    batchSize: spec.batchSize ?? 0,
    optimizer: spec.optimizer && toOptimizer(spec.optimizer),
    seed: BigInt(spec.seed ?? 0),
    augmentation: spec.augmentation === undefined ? AugmentationCode.UNSPECIFIED : AUGMENTATIONS[spec.augmentation],
    checkpointInterval: stepsOf(spec.checkpointInterval),
    checkpointPerEpoch: spec.checkpointInterval === 'epoch',
    validationInterval: stepsOf(spec.validationInterval),
    validationPerEpoch: spec.validationInterval === 'epoch',
    validationRadius: spec.validationRadius ?? 0,
    validationStepSize: spec.validationStepSize ?? 0,
    validationMarginExamples: int64(spec.validationMarginExamples),
    evaluationMarginExamples: int64(spec.evaluationMarginExamples),
    keepEpochs: spec.keepEpochs ?? false,
    earlyStopValidations: spec.earlyStopValidations ?? 0,
    alias: spec.alias ?? '',
    preset: spec.preset ?? '',
  };
}

const stepsOf = (interval: number | 'epoch' | undefined): bigint => int64(interval === 'epoch' ? 0 : interval);

const intervalOf = (steps: bigint, perEpoch: boolean): number | 'epoch' => (perEpoch ? 'epoch' : safeNumber(steps));

export function fromTrainingSpec(spec: SpecMessage): TrainingSpec {
  const { data, architecture, checkpointPerEpoch, validationPerEpoch, ...same } = spec;
  return {
    ...same,
    data: data && {
      name: data.name,
      directory: data.directory,
      trainExamples: safeNumber(data.trainExamples),
      validationExamples: safeNumber(data.validationExamples),
    },
    architecture: architecture && {
      name: architecture.name,
      sizes: architecture.sizes,
      ...(architecture.layersModelJson !== '' && { layersModelJson: architecture.layersModelJson }),
    },
    method: fromMethod(spec.method),
    norm: normFromCode(spec.norm),
    losses: spec.losses && fromLosses(spec.losses),
    steps: safeNumber(spec.steps),
    optimizer: spec.optimizer && fromOptimizer(spec.optimizer),
    seed: String(spec.seed),
    augmentation: spec.augmentation === AugmentationCode.CROP_FLIP ? 'crop-flip' : 'none',
    checkpointInterval: intervalOf(spec.checkpointInterval, checkpointPerEpoch),
    validationInterval: intervalOf(spec.validationInterval, validationPerEpoch),
    validationMarginExamples: safeNumber(spec.validationMarginExamples),
    evaluationMarginExamples: safeNumber(spec.evaluationMarginExamples),
  };
}

/** A code that this client does not know is the default's, as in the contract. */
const fromMethod = (code: MethodCode): Method => METHODS.find((method) => methodCode(method) === code) ?? 'mma';
