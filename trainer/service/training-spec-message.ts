import { invalidInput } from '../../core/errors.js';
import { normMessage, normOf } from '../../host/contract/norm-message.js';
import {
  Augmentation as AugmentationMessage,
  Loss,
  Method as MethodMessage,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import type { OptimizerSpec, TrainingLosses, TrainingSpec } from '../../proto/gen/maxmargin/v1/training_service.js';
import type { JobSpec } from '../jobs/job-spec.js';
import type { JobSpecRequest } from '../jobs/job-spec-request.js';
import type { OptimizerRequest } from '../jobs/optimizer-spec.js';
import type { Augmentation } from '../mma/augmentation.js';
import { LOSS_ROLES, METHOD_FIELDS, TRAINING_LOSSES, type MethodConfig } from '../mma/methods/method-config.js';
import { METHODS, type Method } from '../mma/methods.js';
import type { OptimizerConfig, StepInterval } from '../mma/training-config.js';

/** A method's value in the contract has its name in capitals. */
const methodMessage = (method: Method): MethodMessage => MethodMessage[method.toUpperCase() as Uppercase<Method>];

/**
 * What a client asks for; 0 and empty take the default.
 *
 * @throws invalid-input where the message says nothing at all, or a number that is not in its enumeration
 */
export function specRequestOf(message: TrainingSpec | undefined): JobSpecRequest {
  if (message === undefined) throw invalidInput('spec', 'what to train', 'nothing');
  const { data, architecture } = message;
  return {
    model: message.model,
    ...(data && {
      data: {
        name: data.name,
        directory: data.directory,
        trainExamples: given(data.trainExamples),
        validationExamples: given(data.validationExamples),
      },
    }),
    ...(architecture && { architecture }),
    method: methodOf(message.method),
    norm: normOf('spec.norm', message.norm),
    maxDistance: given(message.maxDistance),
    minRadius: given(message.minRadius),
    attackIterations: given(message.attackIterations),
    bisections: given(message.bisections),
    ...Object.fromEntries(METHOD_FIELDS.map((field) => [field, message[field]])),
    ...(message.losses && { losses: lossesRequestOf(message.losses) }),
    steps: given(message.steps),
    batchSize: given(message.batchSize),
    ...(message.optimizer && { optimizer: optimizerRequestOf(message.optimizer) }),
    seed: String(message.seed),
    augmentation: augmentationOf(message.augmentation),
    checkpointInterval: intervalOf('checkpoint', message.checkpointInterval, message.checkpointPerEpoch),
    validationInterval: intervalOf('validation', message.validationInterval, message.validationPerEpoch),
    validationRadius: given(message.validationRadius),
    validationStepSize: given(message.validationStepSize),
    validationMarginExamples: given(message.validationMarginExamples),
    evaluationMarginExamples: given(message.evaluationMarginExamples),
    keepEpochs: message.keepEpochs || undefined,
    earlyStopValidations: given(message.earlyStopValidations),
    alias: message.alias,
    preset: message.preset,
  };
}

/** A spec as the contract says it. */
export function specMessage(spec: JobSpec): TrainingSpec {
  const { data, training } = spec;
  return {
    model: spec.model,
    data: {
      name: data.name,
      directory: data.directory,
      trainExamples: BigInt(data.trainExamples),
      validationExamples: BigInt(data.validationExamples),
    },
    architecture: { layersModelJson: '', ...spec.architecture, sizes: [...spec.architecture.sizes] },
    method: methodMessage(training.method),
    norm: normMessage(training.norm),
    maxDistance: training.maxDistance,
    minRadius: training.minRadius,
    attackIterations: training.attackIterations,
    bisections: training.bisections,
    ...Object.fromEntries(METHOD_FIELDS.map((field) => [field, training[field]])),
    losses: lossesMessage(training.losses ?? {}),
    steps: BigInt(training.steps),
    batchSize: training.batchSize,
    optimizer: optimizerMessage(training.optimizer),
    seed: BigInt(training.seed),
    augmentation:
      training.augmentation === undefined ? AugmentationMessage.UNSPECIFIED : AUGMENTATIONS[training.augmentation],
    checkpointInterval: stepsOf(training.checkpointInterval),
    checkpointPerEpoch: training.checkpointInterval === 'epoch',
    validationInterval: stepsOf(training.validationInterval),
    validationPerEpoch: training.validationInterval === 'epoch',
    validationRadius: training.validationRadius ?? 0,
    validationStepSize: training.validationStepSize ?? 0,
    keepEpochs: training.keepEpochs ?? false,
    earlyStopValidations: training.earlyStopValidations ?? 0,
    validationMarginExamples: BigInt(training.validationMarginExamples),
    evaluationMarginExamples: BigInt(training.evaluationMarginExamples),
    alias: spec.alias,
    preset: spec.preset ?? '',
  };
}

function given(value: number | bigint): number | undefined {
  return Number(value) === 0 ? undefined : Number(value);
}

function methodOf(message: MethodMessage): Method | undefined {
  if (message === MethodMessage.UNSPECIFIED) return undefined;
  const method = METHODS.find((each) => methodMessage(each) === message);
  if (method !== undefined) return method;
  const names = METHODS.map((each) => `METHOD_${each.toUpperCase()}`);
  throw invalidInput('spec.method', `one of ${names.join(', ')}`, String(message));
}

/** A loss's value in the contract has its name in capitals. */
function lossesRequestOf(message: TrainingLosses): JobSpecRequest['losses'] {
  return Object.fromEntries(
    LOSS_ROLES.map((role) => {
      if (message[role] === Loss.UNSPECIFIED) return [role, undefined];
      const loss = TRAINING_LOSSES.find((each) => Loss[each.toUpperCase() as Uppercase<typeof each>] === message[role]);
      if (loss !== undefined) return [role, loss];
      const names = TRAINING_LOSSES.map((each) => `LOSS_${each.toUpperCase()}`);
      throw invalidInput(`spec.losses.${role}`, `one of ${names.join(', ')}`, String(message[role]));
    }),
  );
}

function lossesMessage(losses: NonNullable<MethodConfig['losses']>): TrainingLosses {
  const messageOf = (role: keyof typeof losses): Loss => {
    const loss = losses[role];
    return loss === undefined ? Loss.UNSPECIFIED : Loss[loss.toUpperCase() as Uppercase<typeof loss>];
  };
  return {
    attack: messageOf('attack'),
    search: messageOf('search'),
    margin: messageOf('margin'),
    clean: messageOf('clean'),
  };
}

const AUGMENTATIONS: Readonly<Record<Augmentation, AugmentationMessage>> = {
  none: AugmentationMessage.NONE,
  'crop-flip': AugmentationMessage.CROP_FLIP,
};

function augmentationOf(message: AugmentationMessage): Augmentation | undefined {
  if (message === AugmentationMessage.UNSPECIFIED) return undefined;
  const names = Object.keys(AUGMENTATIONS) as Augmentation[];
  const augmentation = names.find((name) => AUGMENTATIONS[name] === message);
  if (augmentation !== undefined) return augmentation;
  throw invalidInput('spec.augmentation', 'AUGMENTATION_NONE or AUGMENTATION_CROP_FLIP', String(message));
}

function intervalOf(name: string, steps: bigint, perEpoch: boolean): StepInterval | undefined {
  if (!perEpoch) return given(steps);
  if (steps === 0n) return 'epoch';
  throw invalidInput(`spec.${name}_interval`, `none beside ${name}_per_epoch`, String(steps));
}

const stepsOf = (interval: StepInterval): bigint => (interval === 'epoch' ? 0n : BigInt(interval));

function optimizerRequestOf(message: OptimizerSpec): OptimizerRequest {
  const { rule, learningRate, weightDecay, noWeightDecay, schedule } = message;
  if (noWeightDecay && weightDecay !== 0)
    throw invalidInput('spec.optimizer.weight_decay', 'none beside no_weight_decay', String(weightDecay));
  const common = {
    learningRate: given(learningRate),
    weightDecay: noWeightDecay ? 0 : given(weightDecay),
    ...(schedule.length > 0 && {
      schedule: schedule.map((change) => ({ ...change, fromStep: Number(change.fromStep) })),
    }),
  };
  return rule === undefined ? common : { ...common, rule: rule.$case, ...rule.value };
}

function optimizerMessage(optimizer: OptimizerConfig): OptimizerSpec {
  const { learningRate, weightDecay, schedule = [] } = optimizer;
  const common = {
    learningRate,
    weightDecay,
    noWeightDecay: weightDecay === 0,
    schedule: schedule.map((change) => ({ ...change, fromStep: BigInt(change.fromStep) })),
  };
  if (optimizer.rule === 'sgd') return { ...common, rule: { $case: 'sgd', value: { momentum: optimizer.momentum } } };
  const { beta1, beta2, epsilon } = optimizer;
  return { ...common, rule: { $case: 'adam', value: { beta1, beta2, epsilon } } };
}
