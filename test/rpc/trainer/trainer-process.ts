import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createChannel, createClient } from 'nice-grpc';
import type { Channel } from 'nice-grpc';
import { TrainingServiceDefinition } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type { TrainingServiceClient } from '../../../proto/gen/maxmargin/v1/training_service.js';
import { remembered } from '../../support/started-processes.js';

const MAIN = fileURLToPath(new URL('../../../trainer/main.js', import.meta.url));

/** A line of the trainer's log. */
type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** Directories of one test. */
export interface Place {
  readonly registry: string;
  readonly jobs: string;
  readonly data: string;
  readonly root: string;
}

/** A trainer that runs as it would for a user. */
export interface TrainerProcess {
  readonly client: TrainingServiceClient;
  readonly httpAddress: string;
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** The first line, past or to come, that passes. */
  logged(passes: (line: LogLine) => boolean): Promise<LogLine>;
  /** The process that was started last for a job. */
  jobPid(job: string): Promise<number>;
  /** SIGTERM. @returns the exit code */
  terminate(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export async function makePlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'maxmargin-trainer-'));
  return { root, registry: join(root, 'registry'), jobs: join(root, 'jobs'), data: join(root, 'data') };
}

export async function removePlace(place: Place): Promise<void> {
  await rm(place.root, { recursive: true, force: true, maxRetries: 10 });
}

export async function startTrainer(place: Place, ...flags: readonly string[]): Promise<TrainerProcess> {
  const directories = ['--registry', place.registry, '--jobs', place.jobs, '--data', place.data];
  const ports = ['--address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const child = remembered(
    spawn(process.execPath, [MAIN, ...directories, ...ports, '--engine', 'wasm', '--log-level', 'debug', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const log = followLog(child);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const listening = await log.logged(({ msg }) => msg === 'listening');
  const channel: Channel = createChannel(listening.address as string);
  return {
    client: createClient(TrainingServiceDefinition, channel),
    httpAddress: listening.httpAddress as string,
    pid: child.pid ?? 0,
    lines: log.lines,
    logged: log.logged,
    jobPid: async (job) => {
      await log.logged((line) => line.job === job && line.process !== undefined);
      return log.lines.findLast((line) => line.job === job && line.process !== undefined)?.process as number;
    },
    terminate: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      channel.close();
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      channel.close();
    },
  };
}

function followLog(child: ChildProcess) {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let end: string | undefined;
  let errors = '';
  const wake = () => {
    for (const check of waiting) check();
  };
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line) as LogLine);
      wake();
    });
  child.on('close', (code, signal) => {
    end = `the trainer ended with ${code ?? signal ?? ''}\n${errors}\n${lines
      .slice(-5)
      .map((line) => JSON.stringify(line))
      .join('\n')}`;
    wake();
  });
  const logged = (passes: (line: LogLine) => boolean): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = lines.find(passes);
        if (found !== undefined) resolve(found);
        else if (end !== undefined) reject(new Error(end));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  return { lines, logged };
}
