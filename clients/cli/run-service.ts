import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const SERVICES = {
  serve: { main: '../../server/main.js', summary: 'Serve models: classes and margins over gRPC' },
  trainer: { main: '../../trainer/main.js', summary: 'Run the trainer: training jobs over gRPC' },
} as const;
export type ServiceName = keyof typeof SERVICES;

/** The program of a service. Its process is its own: it must be able to drain, and to be killed, apart from this one. */
export function serviceProgram(name: ServiceName): string {
  return fileURLToPath(new URL(SERVICES[name].main, import.meta.url));
}

/** Runs a service's program, its first argument, and stops it when the process at the other end of its standard input is gone. */
export const SERVICE_ENTRY = fileURLToPath(new URL('./start/service-entry.js', import.meta.url));

/**
 * Supervisors signal every process of a service, this one and its child, and some of them twice; a second signal would tell the service not
 * to drain. What comes within this time is one request, and it is handed on by the end of the pipe, which a service that is draining ignores.
 */
const ONE_REQUEST_MS = 200;

/** Runs a service in the foreground until it ends, handing signals on. @returns its exit code */
export async function runService(name: ServiceName, args: readonly string[]): Promise<number> {
  // Killed, this process could not hand that on: the end of the pipe tells the service.
  const child = spawn(process.execPath, [SERVICE_ENTRY, serviceProgram(name), ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  let waiting: NodeJS.Timeout | undefined;
  let handedOn = false;
  const forward = (signal: NodeJS.Signals): void => {
    if (handedOn) child.kill(signal);
    waiting ??= setTimeout(() => {
      handedOn = true;
      child.stdin.end();
    }, ONE_REQUEST_MS);
  };
  process.on('SIGTERM', forward);
  // A terminal sends Ctrl-C to the child as well; from a supervisor it comes here alone. A second one tells the service to hurry, so
  // what the terminal has sent already is not repeated.
  const interrupt = process.stdin.isTTY ? () => undefined : forward;
  process.on('SIGINT', interrupt);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    clearTimeout(waiting);
    process.off('SIGTERM', forward);
    process.off('SIGINT', interrupt);
  }
}
