import { join } from 'node:path';
import { invalidInput } from '../../core/errors.js';
import type { DatasetInfo, Examples } from '../data/dataset.js';
import { openDataset } from '../data/open-dataset.js';
import { partOf } from '../data/part-of.js';
import { validationCount } from './job-spec.js';
import type { JobSpec } from './job-spec.js';

/** What a job learns from, stops by, and is judged by. */
export interface JobData {
  readonly info: DatasetInfo;
  readonly train: Examples;
  readonly validation: Examples;
  readonly test: Examples;
}

/** Reads a job's data set: of the training examples that it uses, the first ones are kept for validation. @throws invalid-input; not-found */
export async function readJobData(spec: JobSpec, dataRoot: string): Promise<JobData> {
  const dataset = await openDataset(spec.data.name, join(dataRoot, spec.data.directory), 'spec.data.directory');
  const all = await dataset.read('train');
  const count = spec.data.trainExamples === 0 ? all.count : spec.data.trainExamples;
  if (count > all.count)
    throw invalidInput('spec.data.train_examples', `at most the ${all.count} that there are`, String(count));
  const validation = validationCount(spec, count);
  const { batchSize } = spec.training;
  if (batchSize > count - validation)
    throw invalidInput(
      'spec.batch_size',
      `at most the ${count - validation} training examples, of ${count} less ${validation} for validation`,
      String(batchSize),
    );
  return {
    info: dataset,
    train: partOf(all, validation, count),
    validation: partOf(all, 0, validation),
    test: await dataset.read('test'),
  };
}
