import { setTimeout as delay } from 'node:timers/promises';
import type { EngineChoice } from '../../core/engine/engine.js';
import { messageOf } from '../../core/errors.js';
import type { Job } from './job.js';
import type { JobReport } from './job-messages.js';
import { fenceJob } from './job-owner.js';
import { startJobProcess } from './job-process.js';
import type { JobProcess, ProcessEnd } from './job-process.js';
import type { JobOutcome, RunningJob } from './job-queue.js';
import type { JobStore } from './job-store.js';
import { removeLeftovers } from './leftovers.js';

export interface JobRunnerOptions {
  readonly store: JobStore;
  readonly engine: EngineChoice;
  readonly registryRoot: string;
  readonly dataRoot: string;
  /** How long a process may take to stop before it is killed. */
  readonly stopGraceMs: number;
  /** How often a process that dies is started again without having written a checkpoint in between. */
  readonly maxRestarts: number;
  /** The module that the processes run. */
  readonly entry?: URL;
  readonly observer: JobObserver;
}

/** Learns what happens, for logs and metrics. */
export interface JobObserver {
  started(job: Job, pid: number | undefined): void;
  reported(job: Job, report: JobReport): void;
  printed(job: Job, line: string): void;
  died(job: Job, reason: string): void;
}

/** How often progress is written down at least, besides at each checkpoint. */
const SAVE_INTERVAL_MS = 30_000;
const RESTART_DELAY_MS = 200;

/** Runs jobs, each in a process of its own that is started again, from the last checkpoint, when it dies. */
export function createJobRunner(options: JobRunnerOptions): (job: Job) => RunningJob {
  return (job) => {
    const stopping = new AbortController();
    return {
      stop: () => {
        stopping.abort();
      },
      outcome: supervise(job, options, stopping.signal).catch((error: unknown): JobOutcome => ({
        kind: 'failed',
        error: messageOf(error),
      })),
    };
  };
}

async function supervise(job: Job, options: JobRunnerOptions, stopping: AbortSignal): Promise<JobOutcome> {
  const { store, observer } = options;
  const directory = store.directory(job.name);
  const { restarts } = store.get(job.name);
  const stopped = (): boolean => stopping.aborted;
  // What is lost if this fails is a figure; a state that cannot be written is reported by the queue.
  const save = (): void => {
    store.save(job.name).catch(() => undefined);
  };
  for (let deaths = 0, started = 0; ; started++) {
    if (stopped()) return { kind: 'stopped' };
    await fenceJob(directory);
    // Only the dead have left something behind: the state of the job is being written at this moment.
    await removeLeftovers(directory, process.pid);
    let checkpoints = 0;
    let savedMs = performance.now();
    const child = startJobProcess({
      task: {
        name: job.name,
        spec: job.spec,
        directory,
        engine: options.engine,
        registryRoot: options.registryRoot,
        dataRoot: options.dataRoot,
      },
      ...(options.entry && { entry: options.entry }),
      stopGraceMs: options.stopGraceMs,
      onOutput: (line) => {
        observer.printed(job, line);
      },
      onReport: (report) => {
        if (report.kind === 'checkpoint') checkpoints++;
        if (report.kind === 'progress') store.change(job.name, { progress: report.progress });
        if (report.kind === 'stopped-early') store.change(job.name, { earlyStop: report.earlyStop });
        if (report.kind === 'checkpoint' || performance.now() - savedMs > SAVE_INTERVAL_MS) {
          savedMs = performance.now();
          save();
        }
        observer.reported(job, report);
      },
    });
    observer.started(job, child.pid);
    const end = await stopWith(child, stopping);
    if (end.kind === 'reported') return end.outcome;
    if (stopped()) return { kind: 'stopped' };
    observer.died(job, end.reason);
    deaths = checkpoints > 0 ? 1 : deaths + 1;
    if (deaths > options.maxRestarts) {
      const times = deaths === 1 ? 'once' : `${deaths} times in a row`;
      return {
        kind: 'failed',
        error: `the training process died ${times} without writing a checkpoint; it ${end.reason}`,
      };
    }
    store.change(job.name, { restarts: restarts + started + 1 });
    save();
    await delay(RESTART_DELAY_MS * 2 ** (deaths - 1), undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function stopWith(child: JobProcess, stopping: AbortSignal): Promise<ProcessEnd> {
  const stop = () => {
    child.stop();
  };
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();
  try {
    return await child.ended;
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}
