import { CommanderError } from 'commander';
import { SettingError } from '../../host/config/settings.js';
import { RequestError } from '../client/request-error.js';

/** A failure whose message says everything that a person needs; the process ends with `exitCode`. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Tells a person on stderr what went wrong. @returns the exit code: 2 for a wrong command line, else 1 unless the failure says so */
export function reportFailure(error: unknown, verbose: boolean): number {
  // Commander has already printed what is wrong with the command line.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`maxmargin: ${failureMessage(error)}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  if (error instanceof SettingError) return 2;
  return error instanceof CommandFailure ? error.exitCode : 1;
}

function failureMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof RequestError)) return error.message;
  const hint =
    error.code === 'UNAVAILABLE' && !error.message.includes('proxy')
      ? '\nIs the service running, and is --address right?'
      : '';
  return `${error.message} (${error.code})${hint}`;
}
