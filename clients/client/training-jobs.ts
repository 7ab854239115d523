import { JobState as StateCode } from '../../proto/gen/maxmargin/v1/training_service.js';
import type {
  EarlyStop as EarlyStopMessage,
  TrainingJob as JobMessage,
  TrainingProgress as ProgressMessage,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import { fromEvaluation } from './models.js';
import type { Evaluation } from './models.js';
import { safeNumber, toDate } from './plain.js';
import { fromTrainingSpec } from './training-spec.js';
import type { TrainingSpec } from './training-spec.js';

export type JobState = 'unknown' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Where a running job stands; training_service.proto says what each field means. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly cleanLoss: number;
  readonly marginLoss: number;
  readonly meanRadius: number;
  /** 0 to 1. */
  readonly batchAccuracy: number;
  readonly validationMargin?: number | undefined;
  readonly validationAccuracy?: number | undefined;
  readonly bestValidationMargin?: number | undefined;
  readonly secondsPerStep: number;
  readonly etaSeconds: number;
  /** preparing, training, validating, evaluating, publishing. */
  readonly phase: string;
}

/** That training ended before its last step, because validations no longer became better. */
export interface EarlyStop {
  /** Steps and whole epochs that were done. */
  readonly step: number;
  readonly epoch: number;
  /** How many validations in a row had found no larger mean margin. */
  readonly validations: number;
  /** The largest one, and after how many steps it was found: the weights of then are published. */
  readonly bestMargin: number;
  readonly bestStep: number;
}

export interface TrainingJob {
  readonly name: string;
  /** With every default filled in. */
  readonly spec?: TrainingSpec | undefined;
  readonly state: JobState;
  /** Why it failed; otherwise empty. */
  readonly error: string;
  readonly progress?: TrainingProgress | undefined;
  readonly createTime?: Date | undefined;
  readonly startTime?: Date | undefined;
  readonly endTime?: Date | undefined;
  /** The version it published, if it has. */
  readonly publishedVersion?: number | undefined;
  readonly evaluation?: Evaluation | undefined;
  /** How often its process has been started again. */
  readonly restarts: number;
  /** How many jobs are before it, if it is queued. */
  readonly queuePosition: number;
  readonly earlyStop?: EarlyStop | undefined;
}

/** A job after a change. */
export interface TrainingJobUpdate {
  /** Grows by one with every change of the job. */
  readonly sequence: number;
  readonly job: TrainingJob;
}

const STATES: Readonly<Record<StateCode, JobState>> = {
  [StateCode.UNSPECIFIED]: 'unknown',
  [StateCode.UNRECOGNIZED]: 'unknown',
  [StateCode.QUEUED]: 'queued',
  [StateCode.RUNNING]: 'running',
  [StateCode.SUCCEEDED]: 'succeeded',
  [StateCode.FAILED]: 'failed',
  [StateCode.CANCELLED]: 'cancelled',
};

/** Whether nothing more happens to a job unless someone resumes it. */
export function hasEnded(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

export function fromTrainingJob(job: JobMessage): TrainingJob {
  return {
    name: job.name,
    spec: job.spec && fromTrainingSpec(job.spec),
    state: STATES[job.state],
    error: job.error,
    progress: job.progress && fromProgress(job.progress),
    createTime: toDate(job.createTime),
    startTime: toDate(job.startTime),
    endTime: toDate(job.endTime),
    publishedVersion: job.publishedVersion === 0n ? undefined : safeNumber(job.publishedVersion),
    evaluation: job.evaluation && fromEvaluation(job.evaluation),
    restarts: job.restarts,
    queuePosition: job.queuePosition,
    earlyStop: job.earlyStop && fromEarlyStop(job.earlyStop),
  };
}

function fromProgress(progress: ProgressMessage): TrainingProgress {
  return {
    ...progress,
    step: safeNumber(progress.step),
    steps: safeNumber(progress.steps),
    epoch: safeNumber(progress.epoch),
  };
}

function fromEarlyStop(stop: EarlyStopMessage): EarlyStop {
  return {
    ...stop,
    step: safeNumber(stop.step),
    epoch: safeNumber(stop.epoch),
    bestStep: safeNumber(stop.bestStep),
  };
}
