import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobState } from '../../../proto/gen/maxmargin/v1/training_service.js';
import type {
  DeepPartial,
  TrainingJob,
  TrainingServiceClient,
  TrainingSpec,
} from '../../../proto/gen/maxmargin/v1/training_service.js';

/** A job of a second: LeNet(2, 4, 8) on a few digits. */
export function tinySpec(changes: DeepPartial<TrainingSpec> = {}): DeepPartial<TrainingSpec> {
  return {
    model: 'tiny',
    data: { name: 'digits', trainExamples: 120n, validationExamples: 20n },
    architecture: { name: 'lenet', sizes: [2, 4, 8] },
    attackIterations: 3,
    bisections: 3,
    steps: 12n,
    batchSize: 10,
    optimizer: { rule: { $case: 'adam', value: {} }, learningRate: 1e-3, weightDecay: 0 },
    seed: 7n,
    checkpointInterval: 3n,
    validationInterval: 6n,
    validationMarginExamples: 10n,
    evaluationMarginExamples: 10n,
    ...changes,
  };
}

/** A job that goes on until it is stopped. */
export function endlessSpec(changes: DeepPartial<TrainingSpec> = {}): DeepPartial<TrainingSpec> {
  return tinySpec({ steps: 1_000_000n, checkpointInterval: 20n, validationInterval: 1_000_000n, ...changes });
}

export function ended({ state }: TrainingJob): boolean {
  return state === JobState.SUCCEEDED || state === JobState.FAILED || state === JobState.CANCELLED;
}

/** The job once it passes, as a watcher sees it. */
export async function watchUntil(
  client: TrainingServiceClient,
  name: string,
  passes: (job: TrainingJob) => boolean = ended,
): Promise<TrainingJob> {
  const gone = new AbortController();
  try {
    for await (const { job } of client.watchTrainingJob({ name }, { signal: gone.signal }))
      if (job !== undefined && passes(job)) return job;
  } finally {
    gone.abort();
  }
  throw new Error(`${name} ended before it got there`);
}

/** SHA-256 of a published version's weights. */
export async function weightsHash(registry: string, model: string, version: number | bigint): Promise<string> {
  const bytes = await readFile(join(registry, model, String(version), 'weights.bin'));
  return createHash('sha256').update(bytes).digest('hex');
}
