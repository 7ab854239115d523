import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Remembers a process for as long as it runs, so that it can be ended should its test fail half way. @returns the same process */
export function remembered<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  const forget = (): void => void running.delete(child);
  child.once('exit', forget).once('error', forget);
  return child;
}

/** How long those that are asked to end may take. */
const GRACE_MS = 10_000;

/** Ends the processes that tests have started and left: first as a user would, so that what they have started themselves ends with them. @returns their command lines */
export function endStartedProcesses(): readonly string[] {
  const left = [...running];
  for (const child of left) child.kill('SIGTERM');
  setTimeout(() => {
    for (const child of left) {
      child.kill('SIGKILL');
      // Whoever has inherited the other ends may still run.
      for (const stream of child.stdio) stream?.destroy();
    }
  }, GRACE_MS).unref();
  return left.map((child) => child.spawnargs.join(' '));
}
