import { fileURLToPath } from 'node:url';
import { DomainError } from '../../errors.js';
import type { EngineName } from '../engine.js';
import { runProgram, type Installation } from './programs.js';

const ENTRY = fileURLToPath(new URL('./verification-process.js', import.meta.url));

/** What an engine did in a process of its own. */
export interface Verification {
  /** As the engine says them: see Engine. */
  readonly device: string;
  readonly library: string;
  /** The mean cross-entropy of a small classifier before its training and after. */
  readonly lossBefore: number;
  readonly lossAfter: number;
}

/**
 * Lets an engine train a small classifier in a process of its own, so that a crash of a native library is an error like others.
 *
 * @param env variables that make the process take the build that is to be verified
 * @throws DomainError `failed-precondition` if the engine does not open, a gradient is wrong or the loss does not fall
 */
export async function verifyEngine(
  name: EngineName,
  env: Readonly<Record<string, string>>,
  { report, signal }: Installation,
): Promise<Verification> {
  report('verifying: a small training');
  const purpose = `Verifying the engine ${name} with a small training`;
  const output = await runProgram({ file: process.execPath, args: [ENTRY, name], env, purpose, signal });
  // Native libraries may write lines of their own to standard output.
  const last = output.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as Verification;
  } catch (cause) {
    throw new DomainError('failed-precondition', `${purpose}: expected its result, got ${last}`, { cause });
  }
}
