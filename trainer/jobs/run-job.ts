import { DomainError, messageOf } from '../../core/errors.js';
import { fileSystemError } from '../../host/file-system-error.js';
import type { JobCommand, JobReport, JobTask } from './job-messages.js';
import { ownsJob } from './job-owner.js';
import type { JobOutcome } from './job-queue.js';
import { workOnJob } from './job-work.js';

// The process of one job. The service that started it tells it what to do and when to stop; signals that a terminal or a service
// manager sends to a whole group of processes are the service's to answer.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const stopping = new AbortController();
process.on('message', (message) => {
  const command = message as JobCommand;
  if (command.kind === 'stop') stopping.abort();
  else void run(command.task);
});
// The service is gone: nobody would hear of what is done from here on, and its successor starts another process.
process.on('disconnect', () => {
  stopping.abort();
});

async function run(task: JobTask): Promise<void> {
  const outcome = await attempt(task);
  await send({ kind: 'ended', outcome });
  // An engine may keep threads or devices open that would keep the process alive.
  process.exit(0);
}

async function attempt(task: JobTask): Promise<JobOutcome> {
  const assertOwned = (): void => {
    if (!ownsJob(task.directory, task.token)) throw new DomainError('aborted', 'the job belongs to another process');
  };
  try {
    return await workOnJob(task, { signal: stopping.signal, assertOwned, report: (report) => void send(report) });
  } catch (error) {
    if (stopping.signal.aborted && error instanceof DomainError && error.kind === 'cancelled')
      return { kind: 'stopped' };
    if (!(error instanceof DomainError))
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { kind: 'failed', error: fileSystemError(error)?.details ?? withoutRoots(messageOf(error), task) };
  }
}

/** Clients read why a job failed: files are named below the service's directories, whose own paths stay in its log. */
const withoutRoots = (text: string, { dataRoot, registryRoot, directory }: JobTask): string =>
  [dataRoot, registryRoot, directory].reduce((rest, root) => rest.replaceAll(`${root}/`, ''), text);

function send(report: JobReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else
      process.send(report, undefined, undefined, () => {
        resolve();
      });
  });
}
