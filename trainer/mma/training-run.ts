import { dispose, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, TensorMap } from '../../core/engine/engine.js';
import { ALONE } from '../../core/engine/world/world.js';
import { DomainError } from '../../core/errors.js';
import type { ShouldContinue } from '../../core/margin/pace.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import { initialWeights, splitWeights, toHost, toTensors, weightsFor, zeroWeights } from '../../core/model/weights.js';
import { createRandom } from '../../core/random.js';
import type { EarlyStop } from '../../core/registry/manifest.js';
import type { Examples } from '../data/dataset.js';
import { checkAugmentation, drawVariants } from './augmentation.js';
import { gather, IMAGE_BOUNDS } from './batches.js';
import type { Checkpoint } from './checkpoint.js';
import { compileMethod, methodContext } from './compile-method.js';
import { EMPTY_HISTORY, historyOf, withStep, withValidation } from './history-record.js';
import { learningRateAt } from './learning-rate.js';
import type { SearchStart, StepReport, TrainingTensors } from './methods/training-method.js';
import type { StepFigures, TrainingProgress } from './progress.js';
import { radiusTable } from './radius-table.js';
import { shardOf } from './data-shards.js';
import type { TrainingConfig } from './training-config.js';
import type { StepEntry, TrainingHistory } from './training-history.js';
import { compileValidation, type Validation } from './validation.js';

/** What a run is opened with. */
export interface TrainingRunRequest {
  readonly engine: Engine;
  readonly model: Model;
  readonly train: Examples;
  readonly validation: Examples;
  readonly config: TrainingConfig;
  readonly fingerprint: string;
  readonly resume?: Checkpoint | undefined;
}

/** A training under way: all that changes from step to step. */
export interface TrainingRun {
  /** Steps done. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** One step. @returns false if `shouldContinue` stopped it: nothing has changed then */
  advance(shouldContinue: ShouldContinue): Promise<boolean>;
  /** A validation of the weights as they are. @returns false if `shouldContinue` stopped it: nothing has changed then */
  validate(shouldContinue: ShouldContinue): Promise<boolean>;
  /** Whether the weights as they are have been validated. */
  validated(): boolean;
  /** Why it ends before its last step: as many validations as `earlyStopValidations` have found no larger margin. */
  earlyStop(): EarlyStop | undefined;
  /** What a progress tells of it. */
  standing(): Omit<TrainingProgress, 'phase' | 'steps' | 'secondsPerStep' | 'etaSeconds'>;
  /** Parameters and running statistics as they are. @throws failed-precondition if one is not finite */
  weights(): Promise<HostTensors>;
  /** Everything that {@link openTrainingRun} needs to continue. @throws failed-precondition if a number of it is not finite */
  checkpoint(): Promise<Checkpoint>;
  /** The weights of the validation with the largest mean margin. */
  best(): { readonly validation: Validation; readonly weights: HostTensors };
  /** How it went so far. */
  history(): TrainingHistory;
  /** Frees its tensors. */
  dispose(): void;
}

/** Begins a training, or continues one. */
export function openTrainingRun(request: TrainingRunRequest): TrainingRun {
  const { engine, model, config, fingerprint, resume, train: examples } = request;
  const { world = ALONE } = engine;
  const { inputShape } = model.architecture;
  const { augmentation = 'none' } = config;
  checkAugmentation(augmentation, inputShape);
  const context = methodContext(engine.compile, model, config, IMAGE_BOUNDS, world);
  const method = compileMethod(config, context);
  const measure = compileValidation(engine.compile, model, request.validation, config, world);
  const momentShapes = context.optimizer.stateShapes(model.parameters);
  const stepsPerEpoch = Math.floor(examples.count / config.batchSize);

  const random = createRandom(resume?.random ?? BigInt(config.seed));
  const weights = resume === undefined ? initialWeights(model, random) : weightsFor(model.architecture, resume.weights);
  const { parameters, statistics } = splitWeights(model, weights);
  // A step that is stopped halfway has drawn numbers; a checkpoint is of the state before it.
  let boundary = random.state();
  let tensors: TrainingTensors = {
    parameters: toTensors(parameters),
    statistics: toTensors(statistics),
    moments: toTensors(resume?.moments ?? zeroWeights(momentShapes)),
  };
  const table = radiusTable(resume?.radii.slice() ?? new Float32Array(examples.count), config.minRadius);
  let order = resume?.order ?? new Uint32Array(examples.count);
  let step = resume?.step ?? 0;
  let figures: StepFigures = resume?.figures ?? { cleanLoss: 0, marginLoss: 0, meanRadius: 0, batchAccuracy: 0 };
  let history = resume?.history ?? EMPTY_HISTORY;
  let validation = resume?.validation;
  let best = resume?.best;
  let withoutBetter = resume?.withoutBetter ?? 0;

  /** What is kept must be finite: the loss of a step is that before its update, and says nothing of what the update made. */
  const toFinite = async (named: TensorMap): Promise<HostTensors> => {
    const values = await toHost(named);
    const bad = Object.keys(values).find((name) => !values[name]?.data.every(Number.isFinite));
    if (bad !== undefined) throw notFinite(bad, step);
    return values;
  };
  const weightsNow = async (): Promise<HostTensors> => ({
    ...(await toFinite(tensors.parameters)),
    ...(await toFinite(tensors.statistics)),
  });
  /** @param own this process's part of the batch; numbers are drawn for all of it, so that they are the same however many share it */
  const startOf = (search: SearchStart, inputs: Tensor4D, own: Uint32Array): { radii: Tensor1D; start: Tensor4D } => {
    const radii = tensor1d(search.radii(table, own, step));
    const all = search.draw(random, world.size * inputs.size);
    const drawn = tensor4d(shardOf(world, all), inputs.shape);
    const start = tidy(() => search.place(inputs, radii, drawn));
    drawn.dispose();
    return { radii, start };
  };

  const earlyStop = (): EarlyStop | undefined => {
    const { earlyStopValidations = 0, steps } = config;
    if (earlyStopValidations === 0 || withoutBetter < earlyStopValidations || step >= steps || best === undefined)
      return undefined;
    const { step: bestStep, margin: bestMargin } = best.validation;
    return { step, epoch: Math.floor(step / stepsPerEpoch), validations: withoutBetter, bestMargin, bestStep };
  };

  return {
    get step() {
      return step;
    },
    stepsPerEpoch,

    advance: async (shouldContinue) => {
      const position = step % stepsPerEpoch;
      if (position === 0) order = random.permutation(examples.count);
      const chosen = order.subarray(position * config.batchSize, (position + 1) * config.batchSize);
      const own = shardOf(world, chosen);
      // Numbers are drawn for the whole batch, so that they are the same however many processes share it.
      const variants = augmentation === 'none' ? undefined : shardOf(world, drawVariants(random, chosen.length));
      const { inputs, labels } = gather(examples, inputShape, own, variants);
      const search = method.search && startOf(method.search, inputs, own);
      const batch = { inputs, labels, ...(search && { search }) };
      const after = await method.step(tensors, batch, step, shouldContinue);
      dispose([inputs, labels]);
      if (search !== undefined) dispose(search);
      if (after === undefined) return false;
      dispose(tensors);
      tensors = after.tensors;
      if (after.report.radii.length > 0) table.record(chosen, after.report.radii);
      step++;
      boundary = random.state();
      figures = figuresOf(after.report);
      if (!Number.isFinite(figures.cleanLoss + figures.marginLoss)) throw notFinite('the loss', step);
      history = withStep(history, entryOf(step, figures, config));
      return true;
    },

    validate: async (shouldContinue) => {
      const found = await measure({ ...tensors.parameters, ...tensors.statistics }, shouldContinue);
      if (found === undefined) return false;
      validation = { step, ...found };
      history = withValidation(history, validation);
      if (best === undefined || validation.margin > best.validation.margin) {
        best = { validation, weights: await weightsNow() };
        withoutBetter = 0;
      } else withoutBetter++;
      return true;
    },

    validated: () => validation?.step === step,

    earlyStop,

    weights: weightsNow,

    standing: () => ({
      step,
      epoch: Math.floor(step / stepsPerEpoch),
      ...figures,
      ...(validation && { validation }),
      ...(best && { best: best.validation }),
    }),

    checkpoint: async () => ({
      fingerprint,
      step,
      weights: await weightsNow(),
      moments: await toFinite(tensors.moments),
      radii: table.radii.slice(),
      order: order.slice(),
      random: boundary,
      figures,
      history,
      ...(validation && { validation }),
      ...(best && { best }),
      withoutBetter,
    }),

    best: () => {
      if (best === undefined) throw new DomainError('internal', 'training: no validation has been made');
      return best;
    },

    history: () => historyOf(history, earlyStop()),

    dispose: () => {
      dispose(tensors);
    },
  };
}

const notFinite = (what: string, step: number): DomainError =>
  new DomainError(
    'failed-precondition',
    `training: ${what} is not finite after step ${step}; what was saved before stays; try a lower learning rate`,
  );

function figuresOf(report: StepReport): StepFigures {
  const found = report.radii.filter((radius) => radius > 0);
  const sum = found.reduce((total, radius) => total + radius, 0);
  return {
    cleanLoss: report.cleanLoss,
    marginLoss: report.marginLoss,
    meanRadius: found.length === 0 ? 0 : sum / found.length,
    batchAccuracy: report.accuracy,
  };
}

const entryOf = (
  step: number,
  { cleanLoss, marginLoss, batchAccuracy, meanRadius }: StepFigures,
  { optimizer }: TrainingConfig,
): StepEntry => ({
  step,
  cleanLoss,
  adversarialLoss: marginLoss,
  batchAccuracy,
  meanRadius,
  learningRate: learningRateAt(optimizer, step),
});
