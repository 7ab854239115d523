import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../../core/errors.js';

/** A process, told apart from a later one with the same number by when it started. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Of the running kernel; empty where there is no /proc. */
  readonly bootId: string;
  /** In clock ticks since the boot; empty where there is no /proc. */
  readonly startTicks: string;
}

const KILL_LIMIT_MS = 10_000;
const POLL_MS = 20;

/** The identity of a living process. Without /proc it is the number alone, which proves nothing: {@link isAlive} is then false. */
export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, bootId: bootId(), startTicks: startTicks(pid) ?? '' };
}

/** Whether this very process lives; a zombie does not. */
export function isAlive({ pid, bootId: boot, startTicks: start }: ProcessIdentity): boolean {
  return start !== '' && boot === bootId() && start === startTicks(pid);
}

/** Kills a process, if it is still the same, and waits until it is gone. @throws unavailable if it does not go */
export async function killProcess(identity: ProcessIdentity): Promise<void> {
  for (let waitedMs = 0; isAlive(identity); waitedMs += POLL_MS) {
    if (waitedMs > KILL_LIMIT_MS)
      throw new DomainError('unavailable', `process ${identity.pid}: expected it to end when killed, it did not`);
    try {
      process.kill(identity.pid, 'SIGKILL');
    } catch {
      // Gone between the question and the signal, or not ours to kill: the next look tells.
    }
    await delay(POLL_MS);
  }
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function startTicks(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field, the command, may hold anything, parentheses and spaces included; what counts comes after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
