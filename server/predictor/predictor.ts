import { DomainError, messageOf } from '../../core/errors.js';
import type { Log } from '../../host/log.js';
import type { ServerMetrics } from '../metrics.js';
import { createJobQueue, type JobQueue } from './job-queue.js';
import { keyText, type VersionKey } from '../../core/registry/registry.js';
import type { Jobs } from './messages.js';
import { keepWorker, type WorkerSlot } from './worker-slot.js';
import type { WorkerProcess } from './worker-process.js';

/** The jobs that requests wait for. */
const PREDICTIONS = ['classify', 'margin'] as const;
type Prediction = (typeof PREDICTIONS)[number];

export interface PredictorOptions {
  readonly registryRoot: string;
  readonly engine: string;
  readonly workers: number;
  /** Jobs of a kind that one worker takes at a time, taking turns between iterations. */
  readonly maxRunning: Readonly<Record<Prediction, number>>;
  /** Jobs of a kind that wait at most. */
  readonly maxWaiting: number;
  readonly silenceLimitMs: number;
  readonly log: Log;
  readonly metrics: ServerMetrics;
}

/** Computes in supervised child processes, each with an engine of its own and every wanted version in memory. */
export interface Predictor {
  /** Whether a worker takes jobs. */
  readonly ready: boolean;
  /** Called when `ready` may have changed. */
  onChange(listener: () => void): void;
  /** Loads and warms up a version in every worker; it is loaded again whenever a worker is replaced. @returns milliseconds it took */
  load(key: VersionKey): Promise<number>;
  /** No job may use the version any more. */
  unload(key: VersionKey): void;
  /** @throws what the job throws; unavailable, exhausted, cancelled */
  run<K extends Prediction>(kind: K, request: Jobs[K]['request'], signal: AbortSignal): Promise<Jobs[K]['result']>;
  stop(): Promise<void>;
}

interface Place {
  readonly slot: WorkerSlot;
  readonly worker: WorkerProcess;
}

export function startPredictor(options: PredictorOptions): Predictor {
  const { log, metrics } = options;
  const wanted = new Map<string, VersionKey>();
  const listeners: (() => void)[] = [];
  const running = Object.fromEntries(PREDICTIONS.map((kind) => [kind, new Map<number, number>()])) as Readonly<
    Record<Prediction, Map<number, number>>
  >;

  const isHopeless = (): boolean => slots.every((slot) => slot.hopeless);
  const hopeless = () => new DomainError('unavailable', 'no worker can be started; the log of the service says why');
  const changed = (): void => {
    for (const listener of listeners) listener();
    for (const kind of PREDICTIONS) {
      if (isHopeless()) queues[kind].refuseAll(hopeless());
      queues[kind].advance();
    }
  };

  const slots: readonly WorkerSlot[] = Array.from({ length: options.workers }, (_, index) => {
    const worker = index;
    return keepWorker({
      ...options,
      index,
      wanted: () => [...wanted.values()],
      events: {
        onLine: (line) => {
          log.debug({ worker, line }, 'worker says');
        },
        onMemory: (memory) => {
          metrics.engineMemory.set({ worker }, memory.tensorBytes);
          metrics.engineTensors.set({ worker }, memory.tensors);
          metrics.workerMemory.set({ worker }, memory.residentBytes);
        },
        onStarted: (pid, engine) => {
          log.info({ worker, workerPid: pid, engine }, 'worker started');
        },
        onReady: () => {
          log.info({ worker }, 'worker ready');
          changed();
        },
        onLoadFailed: (key, error) => {
          log.error({ worker, model: keyText(key), err: error }, 'a worker could not load a model');
        },
        onEnded: ({ reason, detail, lastLines }, retryMs) => {
          log.error({ worker, reason, detail, lastLines, retryMs }, 'worker ended');
          metrics.workerRestarts.add({ reason });
          changed();
        },
      },
    });
  });

  const take = (kind: Prediction) => (): Place | undefined => {
    let best: Place | undefined;
    let least = options.maxRunning[kind];
    for (const slot of slots) {
      const { worker } = slot;
      const load = running[kind].get(slot.index) ?? 0;
      if (worker === undefined || load >= least) continue;
      best = { slot, worker };
      least = load;
    }
    if (best !== undefined) running[kind].set(best.slot.index, least + 1);
    return best;
  };

  const queues = Object.fromEntries(
    PREDICTIONS.map((kind) => [
      kind,
      createJobQueue<Place>({
        maxWaiting: options.maxWaiting,
        take: take(kind),
        giveBack: ({ slot }) => {
          running[kind].set(slot.index, (running[kind].get(slot.index) ?? 1) - 1);
        },
        onStart: (waitedSeconds) => {
          metrics.queueWait.observe({ job: kind }, waitedSeconds);
        },
      }),
    ]),
  ) as Readonly<Record<Prediction, JobQueue<Place>>>;

  metrics.watchPredictor({
    queueDepth: (job) => queues[job].waiting,
    running: (job) => [...running[job].values()].reduce((total, count) => total + count, 0),
    readyWorkers: () => slots.filter(({ worker }) => worker !== undefined).length,
  });

  return {
    get ready() {
      return slots.some(({ worker }) => worker !== undefined);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    load: async (key) => {
      const text = keyText(key);
      wanted.set(text, key);
      try {
        const durations = await Promise.all(slots.map((slot) => slot.load(key)));
        return Math.max(...durations);
      } catch (error) {
        wanted.delete(text);
        for (const slot of slots) slot.unload(key);
        log.debug({ model: text, reason: messageOf(error) }, 'load failed');
        throw error;
      }
    },
    unload: (key) => {
      wanted.delete(keyText(key));
      for (const slot of slots) slot.unload(key);
    },
    run: (kind, request, signal) => {
      if (isHopeless()) return Promise.reject(hopeless());
      return queues[kind].run(({ worker }) => worker.run(kind, request, signal), signal);
    },
    stop: async () => {
      await Promise.all(slots.map((slot) => slot.stop()));
    },
  };
}
