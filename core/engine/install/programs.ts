import { execFile, type ExecFileException } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DomainError } from '../../errors.js';

/** How much of what a program said is repeated when it fails. */
const REPEATED_LINES = 12;
const OUTPUT_BYTES = 64 * 2 ** 20;

/** What every step of an installation gets. */
export interface Installation {
  /** Tells a person what happens next. */
  readonly report: (line: string) => void;
  /** Ends the program that is running. */
  readonly signal?: AbortSignal | undefined;
}

/** The first of some programs that can be run: a path, or a name that is looked up in `PATH`. @returns its path */
export async function findProgram(names: readonly string[]): Promise<string | undefined> {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((each) => each !== '');
  for (const name of names) {
    const candidates = name.includes('/') ? [name] : directories.map((directory) => join(directory, name));
    for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    async () => (await stat(path)).isFile(),
    () => false,
  );
}

/** What to run, and what for. */
export interface Run {
  readonly file: string;
  readonly args: readonly string[];
  /** What fails if it fails, for people: `Compiling addon.cc`. */
  readonly purpose: string;
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws DomainError `failed-precondition` with its last lines if it fails, `cancelled` if it was ended by the signal
 */
export async function runProgram({ file, args, purpose, cwd, env, signal }: Run): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, signal, maxBuffer: OUTPUT_BYTES };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal?.aborted === true) reject(new DomainError('cancelled', `${purpose} was stopped`));
      else
        reject(
          new DomainError(
            'failed-precondition',
            `${purpose} failed (${outcome(error)}): ${said(stdout, stderr, error)}`,
          ),
        );
    });
  });
}

function outcome({ code, signal }: ExecFileException): string {
  return typeof signal !== 'string' ? `exit code ${code ?? 'unknown'}` : `ended by ${signal}`;
}

function said(stdout: string, stderr: string, error: Error): string {
  const text = stderr.trim() === '' ? stdout.trim() : stderr.trim();
  return text === '' ? error.message : text.split('\n').slice(-REPEATED_LINES).join('\n');
}

/** Whether anything has this path. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
