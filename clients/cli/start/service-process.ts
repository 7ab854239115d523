import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CommandFailure } from '../report-failure.js';
import { SERVICE_ENTRY, serviceProgram } from '../run-service.js';
import type { ServiceName } from '../run-service.js';

/** A service in a process of its own, listening. */
export interface ServiceProcess {
  readonly name: ServiceName;
  /** Where it answers gRPC. */
  readonly address: string;
  /** Where it answers /metrics, /healthz and /readyz. */
  readonly httpAddress: string;
  /** Why it ended, for people; settles when it has. */
  readonly ended: Promise<string>;
  /** Lets it drain, and kills it if that takes too long. */
  stop(): Promise<void>;
}

/** Longer than a service takes to let its calls and its job end. */
const STOP_LIMIT_MS = 40_000;

const listeningSchema = z.object({ msg: z.literal('listening'), address: z.string(), httpAddress: z.string() });
const troubleSchema = z.object({
  level: z.enum(['error', 'fatal']),
  msg: z.string(),
  reason: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/**
 * Starts a service and waits until it is listening. Its log goes to a file.
 *
 * @throws CommandFailure if it ends before
 */
export async function startService(
  name: ServiceName,
  args: readonly string[],
  logFile: string,
): Promise<ServiceProcess> {
  // A process group of its own: a terminal sends Ctrl-C to the whole foreground group, and the services are to be stopped in order, once.
  const child = spawn(process.execPath, [SERVICE_ENTRY, serviceProgram(name), ...args], {
    stdio: 'pipe',
    detached: true,
  });
  // A service that has just died takes nothing more.
  child.stdin.on('error', () => undefined);
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  // However this process ends, its services must not go on alone.
  process.once('exit', kill);
  const log = createWriteStream(logFile, { flags: 'a' });
  let trouble = '';
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      process.off('exit', kill);
      log.end();
      const how = signal === null ? `exit code ${code ?? 'unknown'}` : signal;
      resolve(`${name} ended (${how})${trouble === '' ? '' : `: ${trouble}`}; see ${logFile}`);
    });
  });

  const listening = await new Promise<z.infer<typeof listeningSchema> | string>((resolve) => {
    void ended.then(resolve);
    follow(child, log, (line) => {
      trouble = troubleIn(line) ?? trouble;
      const parsed = listeningSchema.safeParse(parse(line));
      if (parsed.success) resolve(parsed.data);
    });
  });
  if (typeof listening === 'string') throw new CommandFailure(listening);
  return {
    name,
    address: listening.address,
    httpAddress: listening.httpAddress,
    ended,
    stop: () => stop(child, ended),
  };
}

function follow(child: ChildProcess, log: WriteStream, onLine: (line: string) => void): void {
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => {
      log.write(`${line}\n`);
      onLine(line);
    });
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/** What went wrong, if a line of a log says so; lines that are no JSON come from a runtime that died. */
function troubleIn(line: string): string | undefined {
  const entry = troubleSchema.safeParse(parse(line)).data;
  if (entry !== undefined)
    return [entry.msg, entry.reason ?? entry.err?.message].filter((part) => part !== undefined).join(': ');
  return /^\w*Error\b/.test(line) ? line : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
