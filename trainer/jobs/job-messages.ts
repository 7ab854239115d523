import type { EngineChoice } from '../../core/engine/engine.js';
import type { Place } from '../../core/engine/world/place.js';
import type { EarlyStop } from '../../core/registry/manifest.js';
import type { JobProgress } from './job.js';
import type { JobOutcome } from './job-queue.js';
import type { JobSpec } from './job-spec.js';

/** What a job's process needs to know. */
export interface JobTask {
  readonly name: string;
  readonly spec: JobSpec;
  /** Of the job's files. */
  readonly directory: string;
  /** Proves that the job belongs to this process. */
  readonly token: string;
  readonly engine: EngineChoice;
  /** Where this process stands among those that train together: it has rank 0. */
  readonly place?: Place | undefined;
  readonly registryRoot: string;
  readonly dataRoot: string;
}

/** From the service to a job's process. */
export type JobCommand =
  | { readonly kind: 'start'; readonly task: JobTask }
  /** Write a checkpoint and end. */
  | { readonly kind: 'stop' };

/** From a job's process to the service. */
export type JobReport =
  | {
      readonly kind: 'engine';
      readonly name: string;
      readonly device: string;
      readonly library: string;
      /** Why the others were not chosen. */
      readonly rejected: readonly { readonly name: string; readonly reason: string }[];
    }
  /** For whom a process waits that trains with others: their ranks. */
  | { readonly kind: 'waiting'; readonly ranks: readonly number[]; readonly place: Place }
  | {
      readonly kind: 'progress';
      readonly progress: JobProgress;
      /** Steps since the report before. */
      readonly stepsDone: number;
      /** What each of them took, where that is known. */
      readonly stepSeconds: readonly number[];
    }
  | { readonly kind: 'stopped-early'; readonly earlyStop: EarlyStop }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly seconds: number }
  | { readonly kind: 'published'; readonly version: number; readonly seconds: number }
  /** The last one. */
  | { readonly kind: 'ended'; readonly outcome: JobOutcome };
