import type { EarlyStop, EvaluationRecord } from '../../core/registry/manifest.js';
import type { TrainingProgress } from '../mma/progress.js';
import type { JobSpec } from './job-spec.js';

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a job ends in. */
export const ENDED_STATES = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly JobState[];

export const JOB_PHASES = ['preparing', 'training', 'validating', 'evaluating', 'publishing'] as const;
export type JobPhase = (typeof JOB_PHASES)[number];

/** How far a job is. */
export interface JobProgress extends Omit<TrainingProgress, 'phase' | 'validation' | 'best'> {
  readonly phase: JobPhase;
  readonly validationMargin?: number;
  readonly validationAccuracy?: number;
  readonly bestValidationMargin?: number;
}

/** A training job as it is stored; times are ISO 8601, UTC. */
export interface Job {
  readonly name: string;
  readonly spec: JobSpec;
  /** Chosen by the client; empty: none. */
  readonly requestId: string;
  readonly state: JobState;
  /** Grows with every change. */
  readonly sequence: number;
  /** Why it failed; else empty. */
  readonly error: string;
  readonly createTime: string;
  /** When it was queued last: jobs run in this order. */
  readonly queueTime: string;
  readonly startTime?: string;
  readonly endTime?: string;
  /** Cancelled by a client, and its process may not have stopped yet. */
  readonly cancelRequested: boolean;
  /** How often its process has been started again. */
  readonly restarts: number;
  /** 0: none yet. */
  readonly publishedVersion: number;
  readonly progress?: JobProgress;
  readonly evaluation?: EvaluationRecord;
  /** Why its training ended before its last step. */
  readonly earlyStop?: EarlyStop;
}

/** What a change may set; undefined removes. */
export type JobChange = {
  readonly [K in keyof Omit<Job, 'name' | 'spec' | 'requestId' | 'sequence' | 'createTime'>]?: Job[K] | undefined;
};

export function hasEnded(job: Job): boolean {
  return (ENDED_STATES as readonly JobState[]).includes(job.state);
}

const NAME = /^job-\d{8}t\d{9}-[0-9a-f]{6}$/;

/** Whether a string is a job's name; only such a string may become part of a path. */
export function isJobName(value: string): boolean {
  return NAME.test(value);
}

/** A name that sorts by time: `job-20261122t133604123-5f1e0c`. @param suffix six hex digits */
export function jobName(time: Date, suffix: string): string {
  const digits = time.toISOString().replaceAll(/[-:.Z]/g, '');
  return `job-${digits.toLowerCase()}-${suffix}`;
}
