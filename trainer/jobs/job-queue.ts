import { isDeepStrictEqual } from 'node:util';
import { DomainError, queueFull } from '../../core/errors.js';
import type { EarlyStop, EvaluationRecord } from '../../core/registry/manifest.js';
import { hasEnded } from './job.js';
import type { Job, JobChange } from './job.js';
import type { JobSpec } from './job-spec.js';
import type { JobStore } from './job-store.js';

/** How a run of a job ended. */
export type JobOutcome =
  | {
      readonly kind: 'succeeded';
      readonly publishedVersion: number;
      readonly evaluation?: EvaluationRecord;
      readonly earlyStop?: EarlyStop;
    }
  | { readonly kind: 'failed'; readonly error: string }
  /** It was asked to. */
  | { readonly kind: 'stopped' };

/** A job that runs. */
export interface RunningJob {
  /** Asks it to write a checkpoint and stop; more than once is the same as once. */
  stop(): void;
  /** Never rejects. */
  readonly outcome: Promise<JobOutcome>;
}

export interface JobQueueOptions {
  readonly store: JobStore;
  readonly run: (job: Job) => RunningJob;
  /** Makes sure that no process of an earlier service still works on a job. */
  readonly fence: (job: Job) => Promise<void>;
  readonly maxRunning: number;
  /** Jobs that may wait. */
  readonly maxQueued: number;
  /** Told when a state could not be written down; the job goes on. */
  readonly onSaveFailed: (job: Job, error: unknown) => void;
}

/** Decides which job runs: in the order in which they were queued, a bounded number at a time. */
export interface JobQueue {
  /** Takes up what an earlier service left, running jobs included. */
  start(): Promise<void>;
  /** @throws already-exists if the request made another job; exhausted; unavailable while draining */
  create(spec: JobSpec, requestId: string): Promise<Job>;
  /** Resolves when the job has stopped. @throws not-found; failed-precondition if it has ended */
  cancel(name: string): Promise<Job>;
  /** Queues a cancelled or failed job again. @throws not-found; failed-precondition; exhausted; unavailable while draining */
  resume(name: string): Promise<Job>;
  /** How many jobs are before this one; 0 if it does not wait. */
  position(name: string): number;
  /** Stops what runs and starts nothing more; the next service continues. */
  drain(): Promise<void>;
}

export function createJobQueue(options: JobQueueOptions): JobQueue {
  const { store } = options;
  const waiting: string[] = [];
  const running = new Map<string, { readonly job: RunningJob; readonly finished: Promise<void> }>();
  const finishing = new Set<Promise<void>>();
  /** Places taken by jobs that are being written. */
  let admitted = 0;
  let draining = false;

  const now = () => new Date().toISOString();
  const saveQuietly = (name: string): Promise<void> =>
    store.save(name).catch((error: unknown) => {
      options.onSaveFailed(store.get(name), error);
    });

  const enqueue = (name: string): void => {
    const { queueTime } = store.get(name);
    const before = waiting.findIndex((other) => store.get(other).queueTime > queueTime);
    waiting.splice(before === -1 ? waiting.length : before, 0, name);
  };
  // A job's place in the queue is part of what its watchers see.
  const tellPlaces = (from: number): void => {
    for (const name of waiting.slice(from)) store.change(name, {});
  };
  const leave = (name: string): void => {
    const at = waiting.indexOf(name);
    if (at === -1) return;
    waiting.splice(at, 1);
    tellPlaces(at);
  };

  const begin = (name: string): void => {
    const job = store.change(name, { state: 'running', startTime: store.get(name).startTime ?? now() });
    void saveQuietly(name);
    const run = options.run(job);
    const finished = run.outcome.then(async (outcome) => {
      running.delete(name);
      store.change(name, changeAfter(store.get(name), outcome, now()));
      await saveQuietly(name);
      finishing.delete(finished);
      dispatch();
    });
    finishing.add(finished);
    running.set(name, { job: run, finished });
    if (draining) run.stop();
  };
  const dispatch = (): void => {
    let begun = false;
    while (!draining && running.size < options.maxRunning) {
      const next = waiting.shift();
      if (next === undefined) break;
      begun = true;
      begin(next);
    }
    if (begun) tellPlaces(0);
  };

  /** Takes a place in the queue for as long as `make` works, which makes a job that is queued. */
  const admit = async (make: () => Promise<Job>): Promise<Job> => {
    if (draining) throw new DomainError('unavailable', 'the trainer is shutting down');
    const free = Math.max(0, options.maxRunning - running.size);
    if (waiting.length + admitted >= options.maxQueued + free) throw queueFull(options.maxQueued, 'job');
    admitted++;
    let job: Job;
    try {
      job = await make();
    } finally {
      admitted--;
    }
    // It may have been cancelled while it was written.
    if (store.get(job.name).state === 'queued') {
      enqueue(job.name);
      dispatch();
    }
    return store.get(job.name);
  };

  return {
    start: async () => {
      for (const job of store.list()) {
        if (job.state === 'running') {
          await options.fence(job);
          store.change(job.name, job.cancelRequested ? { state: 'cancelled', endTime: now() } : { state: 'queued' });
          await saveQuietly(job.name);
        }
        if (store.get(job.name).state === 'queued') enqueue(job.name);
      }
      dispatch();
    },
    create: async (spec, requestId) => {
      const existing = requestId === '' ? undefined : store.findRequest(requestId);
      if (existing === undefined) return admit(() => store.create(spec, requestId));
      if (!isDeepStrictEqual(existing.spec, spec))
        throw new DomainError(
          'already-exists',
          `request_id: expected the spec that it came with first, got another (${existing.name})`,
        );
      await store.save(existing.name);
      return store.get(existing.name);
    },
    cancel: async (name) => {
      const job = store.get(name);
      if (hasEnded(job)) throw wrongState(job, 'a queued or running job');
      if (job.state === 'queued') {
        leave(name);
        store.change(name, { state: 'cancelled', endTime: now() });
        await store.save(name);
        return store.get(name);
      }
      // Written first: a service that is killed now must not take the job up again.
      store.change(name, { cancelRequested: true });
      await store.save(name);
      const run = running.get(name);
      run?.job.stop();
      await run?.finished;
      await store.save(name);
      const stopped = store.get(name);
      if (stopped.state === 'succeeded') throw wrongState(stopped, 'a job that has not begun to publish');
      return stopped;
    },
    resume: async (name) => {
      const job = store.get(name);
      if (job.state !== 'cancelled' && job.state !== 'failed') throw wrongState(job, 'a cancelled or failed job');
      return admit(async () => {
        store.change(name, {
          state: 'queued',
          queueTime: now(),
          error: '',
          endTime: undefined,
          cancelRequested: false,
        });
        await store.save(name);
        return store.get(name);
      });
    },
    position: (name) => Math.max(0, waiting.indexOf(name)),
    drain: async () => {
      draining = true;
      for (const { job } of running.values()) job.stop();
      await Promise.all(finishing);
    },
  };
}

function changeAfter(job: Job, outcome: JobOutcome, endTime: string): JobChange {
  switch (outcome.kind) {
    case 'succeeded':
      return {
        state: 'succeeded',
        publishedVersion: outcome.publishedVersion,
        evaluation: outcome.evaluation,
        earlyStop: outcome.earlyStop,
        endTime,
      };
    case 'failed':
      return job.cancelRequested ? { state: 'cancelled', endTime } : { state: 'failed', error: outcome.error, endTime };
    case 'stopped':
      // Not asked for by a client: the service shuts down, and the next one continues.
      return job.cancelRequested ? { state: 'cancelled', endTime } : { state: 'queued' };
  }
}

function wrongState(job: Job, expected: string): DomainError {
  return new DomainError('failed-precondition', `${job.name}: expected ${expected}, got one that is ${job.state}`);
}
