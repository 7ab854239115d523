import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../core/errors.js';
import type { JobCommand, JobReport, JobTask } from './job-messages.js';
import { recordOwner } from './job-owner.js';
import type { JobOutcome } from './job-queue.js';
import { identifyProcess } from './process-identity.js';

/** How a job's process ended: as it said itself, or without a word. */
export type ProcessEnd =
  { readonly kind: 'reported'; readonly outcome: JobOutcome } | { readonly kind: 'died'; readonly reason: string };

export interface JobProcess {
  readonly pid: number | undefined;
  /** Asks it to write a checkpoint and end; kills it if it takes longer than the grace. */
  stop(): void;
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

export interface JobProcessOptions {
  readonly task: Omit<JobTask, 'token'>;
  /** The module that the process runs. */
  readonly entry?: URL;
  readonly stopGraceMs: number;
  readonly onReport: (report: JobReport) => void;
  /** Each line that the process prints. */
  readonly onOutput: (line: string) => void;
}

const ENTRY = new URL('./run-job.js', import.meta.url);
const LINES_KEPT = 5;
const LINE_LENGTH_KEPT = 300;

/** Starts the process of a job. */
export function startJobProcess(options: JobProcessOptions): JobProcess {
  const child = fork(fileURLToPath(options.entry ?? ENTRY), [], {
    // Numbers that JSON lacks arrive as they are: a loss may be NaN.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      options.onOutput(line);
      if (stream !== child.stderr || line.trim() === '') return;
      lastLines.push(line.slice(0, LINE_LENGTH_KEPT));
      if (lastLines.length > LINES_KEPT) lastLines.shift();
    });
  }

  let killTimer: NodeJS.Timeout | undefined;
  const killAfterGrace = (): void => {
    killTimer ??= setTimeout(() => child.kill('SIGKILL'), options.stopGraceMs);
  };
  let outcome: JobOutcome | undefined;
  let failure: string | undefined;
  child.on('message', (message) => {
    const report = message as JobReport;
    if (report.kind === 'ended') {
      ({ outcome } = report);
      killAfterGrace();
    }
    options.onReport(report);
  });
  const send = (command: JobCommand): void => {
    // A process that is gone says so itself, by its exit.
    if (child.connected) child.send(command, () => undefined);
  };

  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('error', (error) => {
      failure = messageOf(error);
      // One that could not be started never closes.
      if (child.pid === undefined) resolve({ kind: 'died', reason: `could not be started: ${failure}` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(killTimer);
      if (outcome !== undefined) resolve({ kind: 'reported', outcome });
      else resolve({ kind: 'died', reason: describeEnd(failure, code, signal, lastLines) });
    });
  });

  const { pid } = child;
  if (pid !== undefined) {
    const token = randomUUID();
    recordOwner(options.task.directory, token, identifyProcess(pid)).then(
      () => {
        send({ kind: 'start', task: { ...options.task, token } });
      },
      (error: unknown) => {
        failure = messageOf(error);
        child.kill('SIGKILL');
      },
    );
  }

  return {
    pid,
    stop: () => {
      send({ kind: 'stop' });
      killAfterGrace();
    },
    ended,
  };
}

function describeEnd(
  failure: string | undefined,
  code: number | null,
  signal: NodeJS.Signals | null,
  lastLines: readonly string[],
): string {
  const how = failure ?? (signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`);
  return lastLines.length === 0 ? how : `${how}; the last it printed: ${lastLines.join(' | ')}`;
}
