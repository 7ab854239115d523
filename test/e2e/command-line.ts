import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { remembered } from '../support/started-processes.js';

const MAIN = fileURLToPath(new URL('../../clients/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, as a user's shell would run it. */
export interface RunningCommand {
  readonly process: ChildProcess;
  /** Waits for output that matches. @throws if it ends before */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal, and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** Starts `maxmargin …` in a directory. @param variables of the environment, beside those of this process */
export function startCommand(
  args: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): RunningCommand {
  const env = { ...process.env, ...variables };
  const child = remembered(spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then((): Ended => {
    for (const listener of listeners) listener();
    return { code: child.exitCode, ...output };
  });
  return {
    process: child,
    ended,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (found !== null) resolve(found);
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`ended before ${String(pattern)}:\n${output.stdout}\n${output.stderr}`));
          } else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Runs `maxmargin …` in a directory to its end. */
export function runCommand(args: readonly string[], cwd: string): Promise<Ended> {
  return startCommand(args, cwd).ended;
}
