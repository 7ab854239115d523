import { DomainError, queueFull } from '../../core/errors.js';

/** A job that waits for a place, or has one. */
interface Waiting<P> {
  readonly sinceMs: number;
  start(place: P): void;
  refuse(error: Error): void;
}

export interface JobQueueOptions<P> {
  /** Jobs that wait at most; one more is refused. */
  readonly maxWaiting: number;
  /** A free place for a job, which is then taken; undefined if there is none now. */
  readonly take: () => P | undefined;
  readonly giveBack: (place: P) => void;
  readonly onStart: (waitedSeconds: number) => void;
}

/** A bounded first-in, first-out queue of jobs that need a place to run in. */
export interface JobQueue<P> {
  /**
   * Runs a job when there is a place for it.
   *
   * @throws exhausted if too many wait; cancelled if the signal comes first; what the job throws
   */
  run<R>(job: (place: P) => Promise<R>, signal: AbortSignal): Promise<R>;
  /** Starts what there are places for. Called when a place may have become free. */
  advance(): void;
  /** Refuses all that wait. */
  refuseAll(error: Error): void;
  readonly waiting: number;
}

export function createJobQueue<P>(options: JobQueueOptions<P>): JobQueue<P> {
  const queue = new Set<Waiting<P>>();

  const advance = (): void => {
    for (const waiting of queue) {
      const place = options.take();
      if (place === undefined) return;
      queue.delete(waiting);
      options.onStart((performance.now() - waiting.sinceMs) / 1_000);
      waiting.start(place);
    }
  };

  return {
    run: async (job, signal) => {
      if (signal.aborted) throw new DomainError('cancelled', 'the call was cancelled');
      const place = await new Promise<P>((resolve, reject) => {
        const waiting: Waiting<P> = { sinceMs: performance.now(), start: resolve, refuse: reject };
        queue.add(waiting);
        advance();
        if (!queue.has(waiting)) return;
        if (queue.size > options.maxWaiting) {
          queue.delete(waiting);
          reject(queueFull(options.maxWaiting, 'request'));
          return;
        }
        const leave = (): void => {
          if (queue.delete(waiting)) reject(new DomainError('cancelled', 'the call was cancelled'));
        };
        signal.addEventListener('abort', leave, { once: true });
      });
      try {
        return await job(place);
      } finally {
        options.giveBack(place);
        advance();
      }
    },
    advance,
    refuseAll: (error) => {
      for (const waiting of queue) waiting.refuse(error);
      queue.clear();
    },
    get waiting() {
      return queue.size;
    },
  };
}
