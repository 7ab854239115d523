import type { MaxMarginClient } from '../client/connect.js';
import type { TrainingJob, TrainingJobUpdate } from '../client/training-jobs.js';
import { jobOutcome, showJob } from './output/job-progress.js';
import { progressBar } from './output/progress-bar.js';
import { CommandFailure } from './report-failure.js';

/**
 * Watches a job until it ends, with a progress bar, or passing each update on instead.
 *
 * @returns the job, published
 * @throws CommandFailure if it failed or was cancelled
 */
export async function watchToTheEnd(
  client: MaxMarginClient,
  name: string,
  onUpdate?: (update: TrainingJobUpdate) => void,
  signal?: AbortSignal,
): Promise<TrainingJob> {
  const bar = progressBar();
  let last: TrainingJob | undefined;
  try {
    for await (const update of client.watchTrainingJob(name, { signal })) {
      last = update.job;
      if (onUpdate === undefined) showJob(bar, last);
      else onUpdate(update);
    }
  } finally {
    bar.clear();
  }
  if (last?.state !== 'succeeded') throw new CommandFailure(last === undefined ? `No job ${name}.` : jobOutcome(last));
  if (onUpdate === undefined) process.stderr.write(`${jobOutcome(last)}\n`);
  return last;
}
