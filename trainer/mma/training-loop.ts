import type { Engine } from '../../core/engine/engine.js';
import { sameInAll } from '../../core/engine/world/messages.js';
import { ALONE } from '../../core/engine/world/world.js';
import { DomainError, invalidInput } from '../../core/errors.js';
import type { HostTensors } from '../../core/model/host-tensors.js';
import type { Model } from '../../core/model/model.js';
import type { EarlyStop } from '../../core/registry/manifest.js';
import type { Examples } from '../data/dataset.js';
import { trainingFingerprint, type Checkpoint } from './checkpoint.js';
import type { TrainingProgress } from './progress.js';
import { trainingPace } from './shared-pace.js';
import { checkShards } from './data-shards.js';
import { stepTimer } from './step-timer.js';
import type { TrainingConfig } from './training-config.js';
import type { TrainingHistory } from './training-history.js';
import { openTrainingRun, type TrainingRun } from './training-run.js';
import type { Validation } from './validation.js';

/** What is trained, on what, and who hears of it. */
export interface TrainRequest {
  readonly engine: Engine;
  readonly model: Model;
  readonly train: Examples;
  readonly validation: Examples;
  readonly config: TrainingConfig;
  /** Continue from here. */
  readonly resume?: Checkpoint | undefined;
  /** After every step, and before and after every validation. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Every `checkpointInterval` steps, at the end, and when the signal stops the training; awaited. */
  readonly saveCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** At the end of every epoch, if `keepEpochs` is set; awaited. Once more for an epoch at whose end the training was stopped. */
  readonly saveEpoch?: (epoch: number, weights: HostTensors) => Promise<void>;
  /** Stops the training within one step. */
  readonly signal?: AbortSignal;
}

/** What a training ends with. */
export interface TrainResult {
  /** Parameters and running statistics with the largest mean validation margin. */
  readonly weights: HostTensors;
  /** What that validation found, and after which step. */
  readonly validation: Validation;
  readonly history: TrainingHistory;
  /** How many were done: fewer than asked for where validations no longer became better. */
  readonly steps: number;
  /** Why it ended before its last step; absent where it did not. */
  readonly earlyStop?: EarlyStop;
}

/**
 * Trains a model: epochs over a seeded permutation of the examples (the last, partial batch of each is dropped), a validation every
 * `validationInterval` steps and at the end, the weights with the largest mean validation margin kept (paper, settings). It ends early after
 * `earlyStopValidations` validations in a row without a larger one.
 *
 * An engine of several processes has each of them compute its part of every batch; all of them are given the same request, keep the same weights and
 * radii, and stop together.
 *
 * On the wasm engine the same request gives the same bits, however often it was stopped and continued.
 *
 * @throws cancelled if the signal stopped it; failed-precondition if `resume` is of another training, or the loss is no longer finite;
 *   invalid-input if there are fewer examples than a batch takes, none to validate on, or a batch has no equal parts for all processes
 */
export async function train(request: TrainRequest): Promise<TrainResult> {
  const { model, config, resume } = request;
  checkShards(request.engine.world ?? ALONE, config.batchSize);
  if (request.train.count < config.batchSize)
    throw invalidInput('train', `at least ${config.batchSize} examples, one batch`, String(request.train.count));
  if (request.validation.count === 0) throw invalidInput('validation', 'at least 1 example', '0');
  const fingerprint = trainingFingerprint(config, model.architecture, request.train, request.validation);
  if (!sameInAll(request.engine.world ?? ALONE, fingerprint))
    throw new DomainError(
      'failed-precondition',
      'training: its processes have different configurations, models or data',
    );
  if (resume !== undefined && resume.fingerprint !== fingerprint)
    throw new DomainError('failed-precondition', 'checkpoint: it is of another configuration, model or data set');

  const run = openTrainingRun({ ...request, fingerprint });
  try {
    return await drive(run, request);
  } finally {
    run.dispose();
  }
}

async function drive(run: TrainingRun, request: TrainRequest): Promise<TrainResult> {
  const { config, resume, signal, onProgress, saveCheckpoint, saveEpoch } = request;
  const pace = trainingPace(request.engine.world ?? ALONE, signal);
  const timer = stepTimer();
  let validationSeconds = 0;

  const stepsOf = (interval: TrainingConfig['validationInterval']): number =>
    interval === 'epoch' ? run.stepsPerEpoch : interval;
  const ended = (): boolean => run.step >= config.steps || run.earlyStop() !== undefined;
  const due = (interval: TrainingConfig['validationInterval']): boolean =>
    run.step > 0 && (run.step % stepsOf(interval) === 0 || ended());
  const notify = (phase: TrainingProgress['phase']): void => {
    const validationsUpTo = (step: number): number => Math.ceil(step / stepsOf(config.validationInterval));
    const { validation } = run.standing();
    const validationsLeft = validationsUpTo(config.steps) - validationsUpTo(validation?.step ?? 0);
    const secondsPerStep = timer.median();
    onProgress?.({
      phase,
      steps: config.steps,
      ...run.standing(),
      secondsPerStep,
      etaSeconds: (config.steps - run.step) * secondsPerStep + validationsLeft * validationSeconds,
    });
  };
  const timed = async (work: () => Promise<boolean>, record: (seconds: number) => void): Promise<boolean> => {
    const began = performance.now();
    const done = await work();
    if (done) record((performance.now() - began) / 1000);
    return done;
  };
  const validate = async (): Promise<boolean> => {
    notify('validating');
    const done = await timed(
      () => run.validate(pace.within),
      (seconds) => (validationSeconds = seconds),
    );
    notify('training');
    return done;
  };

  for (;;) {
    let going = await pace.between();
    if (going && due(config.validationInterval) && !run.validated()) going = await validate();
    if (going && config.keepEpochs === true && run.step > 0 && run.step % run.stepsPerEpoch === 0)
      await saveEpoch?.(run.step / run.stepsPerEpoch, await run.weights());
    if (going && due(config.checkpointInterval) && run.step !== resume?.step)
      await saveCheckpoint?.(await run.checkpoint());
    if (going && ended()) return resultOf(run);
    if (going) going = await timed(() => run.advance(pace.within), timer.record);
    if (!going) {
      await saveCheckpoint?.(await run.checkpoint());
      throw new DomainError('cancelled', `training: stopped after ${run.step} of ${config.steps} steps`);
    }
    notify('training');
  }
}

function resultOf(run: TrainingRun): TrainResult {
  const earlyStop = run.earlyStop();
  return { ...run.best(), history: run.history(), steps: run.step, ...(earlyStop && { earlyStop }) };
}
