import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DomainError } from '../../core/errors.js';
import type { VersionKey } from '../../core/registry/registry.js';
import type { EngineDescription, FromWorker, JobKind, Jobs, ToWorker } from './messages.js';

const ENTRY = fileURLToPath(new URL('./worker-main.js', import.meta.url));
const PING_INTERVAL_MS = 1_000;
/** Opening an engine takes seconds on a busy machine, during which a worker cannot answer. */
const START_LIMIT_MS = 60_000;
const KEPT_LINES = 20;
const LAST_WORDS_MS = 20;
/** How long a worker that was asked to leave may take. */
const LEAVE_MS = 2_000;

export interface WorkerOptions {
  readonly registryRoot: string;
  readonly engine: string;
  /** A worker that says nothing for so long is killed; a single native step may take a while. */
  readonly silenceLimitMs: number;
  /** What the worker writes to its standard output or error. */
  readonly onLine: (line: string) => void;
  readonly onMemory: (memory: Extract<FromWorker, { readonly type: 'pong' }>) => void;
}

/** Why a worker is no more. */
export interface WorkerEnd {
  readonly reason: 'exited' | 'hung';
  /** `exit code 1`, `signal SIGKILL`. */
  readonly detail: string;
  /** The last lines that it wrote, which may say more. */
  readonly lastLines: readonly string[];
}

/** A child process with an engine of its own. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly alive: boolean;
  /** Settles when the engine runs; rejects if the worker ends before. */
  readonly started: Promise<EngineDescription>;
  /** Settles when the worker is no more; never rejects. */
  readonly ended: Promise<WorkerEnd>;
  /**
   * Settles when the worker answers. Aborting stops the work, but the promise still waits for the worker to say so.
   *
   * @throws what the worker threw; unavailable if it ended first; cancelled
   */
  run<K extends JobKind>(kind: K, request: Jobs[K]['request'], signal: AbortSignal): Promise<Jobs[K]['result']>;
  unload(key: VersionKey): void;
  /** Asks the worker to leave, and makes it. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (result: Jobs[JobKind]['result']) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a worker. */
export function startWorker(options: WorkerOptions): WorkerProcess {
  const child = fork(ENTRY, [options.registryRoot, options.engine], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const waiting = new Map<number, Waiting>();
  const started = settleable<EngineDescription>();
  const ended = settleable<WorkerEnd>();
  let nextId = 1;
  let silentTicks = 0;
  let silenceLimitMs = Math.max(START_LIMIT_MS, options.silenceLimitMs);
  let hung = false;
  let alive = true;

  // Whether a message arrives is learnt from the answer, or from the worker's end.
  const send = (message: ToWorker): void => {
    if (child.connected) child.send(message, () => undefined);
  };

  const lastLines: string[] = [];
  const write = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > KEPT_LINES) lastLines.shift();
    options.onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', write);
  }

  // Counting ticks and not time: a service process that was itself suspended must not blame its workers.
  const pings = setInterval(() => {
    silentTicks++;
    if (silentTicks * PING_INTERVAL_MS > silenceLimitMs) {
      hung = true;
      child.kill('SIGKILL');
    }
    send({ type: 'ping' });
  }, PING_INTERVAL_MS);

  const finish = (detail: string): void => {
    clearInterval(pings);
    alive = false;
    const error = new DomainError('unavailable', `the worker that computed this ended (${detail}); try again`);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    started.reject(error);
    ended.resolve({ reason: hung ? 'hung' : 'exited', detail, lastLines });
  };
  started.promise.catch(() => undefined);
  child.on('exit', (code, signal) => {
    // What it wrote last may not have been read yet; its channel may already be closed, so that 'close' need not come.
    setTimeout(() => {
      finish(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    }, LAST_WORDS_MS);
  });
  child.on('error', (error) => {
    if (child.pid === undefined) finish(error.message);
  });

  child.on('message', (message) => {
    silentTicks = 0;
    const said = message as FromWorker;
    switch (said.type) {
      case 'started':
        silenceLimitMs = options.silenceLimitMs;
        started.resolve(said.engine);
        return;
      case 'pong':
        options.onMemory(said);
        return;
      case 'done':
        waiting.get(said.id)?.resolve(said.result);
        waiting.delete(said.id);
        return;
      case 'failed':
        waiting.get(said.id)?.reject(errorOf(said));
        waiting.delete(said.id);
    }
  });

  return {
    pid: child.pid,
    get alive() {
      return alive && child.connected;
    },
    started: started.promise,
    ended: ended.promise,
    run: (kind, request, signal) => {
      if (!child.connected) return Promise.reject(new DomainError('unavailable', 'the worker has ended; try again'));
      const id = nextId++;
      const cancel = (): void => {
        send({ type: 'cancel', id });
      };
      const answer = new Promise<Jobs[JobKind]['result']>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ type: kind, id, request } as ToWorker);
        if (signal.aborted) cancel();
        signal.addEventListener('abort', cancel);
      });
      return answer.finally(() => {
        signal.removeEventListener('abort', cancel);
      });
    },
    unload: (key) => {
      send({ type: 'unload', key });
    },
    stop: async () => {
      const insist = setTimeout(() => child.kill('SIGKILL'), LEAVE_MS);
      if (child.connected) child.disconnect();
      await ended.promise;
      clearTimeout(insist);
    },
  };
}

function errorOf({ kind, message }: Extract<FromWorker, { readonly type: 'failed' }>): Error {
  // Without a kind nobody foresaw it: the text is for the log, and reaches no client.
  return kind === undefined ? new Error(`in a worker: ${message}`) : new DomainError(kind, message);
}

function settleable<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
