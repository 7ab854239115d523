import { setTimeout as delay } from 'node:timers/promises';
import { DomainError, messageOf } from '../../core/errors.js';
import type { VersionKey } from '../../core/registry/registry.js';
import type { EngineDescription } from './messages.js';
import { startWorker, type WorkerEnd, type WorkerOptions, type WorkerProcess } from './worker-process.js';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 10_000;
/** After so many starts in a row that led to nothing, waiting for the next one is not worth a request's while. */
const HOPELESS_FAILURES = 3;

export interface SlotOptions extends Omit<WorkerOptions, 'onLine' | 'onMemory'> {
  readonly index: number;
  /** What every worker must have loaded. */
  readonly wanted: () => readonly VersionKey[];
  readonly events: SlotEvents;
}

interface SlotEvents extends Pick<WorkerOptions, 'onLine' | 'onMemory'> {
  readonly onStarted: (pid: number | undefined, engine: EngineDescription) => void;
  /** It has loaded what is wanted, or could not. */
  readonly onReady: () => void;
  readonly onLoadFailed: (key: VersionKey, error: unknown) => void;
  readonly onEnded: (end: WorkerEnd, retryMs: number) => void;
}

/** A place for one worker, in which there is always one, or soon another. */
export interface WorkerSlot {
  readonly index: number;
  /** The worker that takes jobs, if there is one. */
  readonly worker: WorkerProcess | undefined;
  readonly hopeless: boolean;
  /** Loads a version into the worker of this slot, or into its successor if it dies meanwhile. @returns milliseconds it took */
  load(key: VersionKey): Promise<number>;
  unload(key: VersionKey): void;
  stop(): Promise<void>;
}

/** Keeps one worker alive. */
export function keepWorker(options: SlotOptions): WorkerSlot {
  const { events } = options;
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;
  const never = new AbortController().signal;
  let current: WorkerProcess = startWorker({ ...options, ...events });
  let ready = false;
  let failures = 0;

  const reload = async (worker: WorkerProcess): Promise<void> => {
    const engine = await worker.started;
    events.onStarted(worker.pid, engine);
    for (const key of options.wanted()) {
      try {
        await worker.run('load', { key }, never);
      } catch (error) {
        if (!worker.alive) return;
        events.onLoadFailed(key, error);
      }
    }
    if (!worker.alive) return;
    ready = true;
    failures = 0;
    events.onReady();
  };

  const supervise = async (): Promise<void> => {
    while (!stopped()) {
      const worker = current;
      reload(worker).catch(() => undefined);
      const end = await worker.ended;
      ready = false;
      if (stopped()) return;
      failures++;
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
      events.onEnded(end, backoffMs);
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopped()) current = startWorker({ ...options, ...events });
    }
  };
  const supervised = supervise();

  return {
    index: options.index,
    get worker() {
      return ready && current.alive ? current : undefined;
    },
    get hopeless() {
      return !ready && failures >= HOPELESS_FAILURES;
    },
    load: async (key) => {
      for (;;) {
        const worker = current;
        try {
          await worker.started;
          return (await worker.run('load', { key }, never)).durationMs;
        } catch (error) {
          if (stopped() || worker.alive) throw error;
          if (failures >= HOPELESS_FAILURES) {
            throw new DomainError('unavailable', `workers die while they load: ${messageOf(error)}`, { cause: error });
          }
          await successorOf(worker);
        }
      }
    },
    unload: (key) => {
      current.unload(key);
    },
    stop: async () => {
      stopping.abort();
      await current.stop();
      await supervised;
    },
  };

  async function successorOf(worker: WorkerProcess): Promise<void> {
    while (current === worker && !stopped()) await delay(FIRST_BACKOFF_MS);
  }
}
