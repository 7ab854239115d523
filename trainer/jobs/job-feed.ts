import { hasEnded } from './job.js';
import type { Job } from './job.js';
import type { JobStore } from './job-store.js';

/** Lets any number of watchers follow jobs; none of them can hold a job up. */
export interface JobFeed {
  /**
   * The job as it stands, then as it is after changes, until it has ended or `signal` aborts. A watcher that is slower than
   * the changes gets the newest one and misses those between, so that nothing piles up.
   *
   * @param afterSequence first what came after this change, as far as it is still known; 0: from now
   * @throws not-found, before the first job
   */
  watch(name: string, afterSequence: number, signal: AbortSignal): AsyncGenerator<Job, void>;
}

/** @param ringSize how many of its last changes are known of each job that has not ended */
export function createJobFeed(store: JobStore, ringSize = 64): JobFeed {
  const rings = new Map<string, Job[]>();
  const waiting = new Map<string, Set<() => void>>();

  store.listen((job) => {
    if (hasEnded(job)) rings.delete(job.name);
    else {
      const ring = rings.get(job.name) ?? [];
      ring.push(job);
      if (ring.length > ringSize) ring.shift();
      rings.set(job.name, ring);
    }
    const wake = waiting.get(job.name);
    waiting.delete(job.name);
    for (const resolve of wake ?? []) resolve();
  });

  const changed = (name: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const waiters = waiting.get(name) ?? new Set();
      waiting.set(name, waiters);
      const done = () => {
        signal.removeEventListener('abort', done);
        waiters.delete(done);
        resolve();
      };
      waiters.add(done);
      signal.addEventListener('abort', done);
    });

  return {
    watch: async function* (name, afterSequence, signal) {
      const first = store.get(name);
      // A sequence from the future is one of a service that was killed before it wrote it down.
      let seen = hasEnded(first) || afterSequence > first.sequence ? 0 : afterSequence;
      if (seen > 0)
        for (const job of [...(rings.get(name) ?? [])].filter(({ sequence }) => sequence > seen)) {
          if (signal.aborted) return;
          seen = job.sequence;
          yield job;
        }
      while (!signal.aborted) {
        const job = store.get(name);
        if (job.sequence > seen) {
          seen = job.sequence;
          yield job;
          if (hasEnded(job)) return;
        } else await changed(name, signal);
      }
    },
  };
}
