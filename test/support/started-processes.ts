import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Remembers a process for as long as it runs, so that it can be ended should its test fail half way. @returns the same process */
export function remembered<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  const forget = (): void => void running.delete(child);
  child.once('exit', forget).once('error', forget);
  return child;
}

/** Ends the processes that tests have started and left. @returns their command lines */
export function endStartedProcesses(): readonly string[] {
  return Array.from(running, (child) => {
    child.kill('SIGKILL');
    return child.spawnargs.join(' ');
  });
}
