import { DomainError, invalidInput } from '../../core/errors.js';
import type {
  TrainingJobUpdate,
  TrainingServiceImplementation,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import { isJobName } from '../jobs/job.js';
import type { Job } from '../jobs/job.js';
import type { JobFeed } from '../jobs/job-feed.js';
import type { JobQueue } from '../jobs/job-queue.js';
import { completeSpec } from '../jobs/job-spec.js';
import type { JobStore } from '../jobs/job-store.js';
import { jobMessage } from './training-job-message.js';
import { specMessage, specRequestOf } from '../jobs/spec-message.js';

export interface TrainingServiceOptions {
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly feed: JobFeed;
  /** Ends watches when the service shuts down. */
  readonly draining: AbortSignal;
}

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;
const MAX_REQUEST_ID_LENGTH = 128;

/** TrainingService of the contract. */
export function createTrainingService(options: TrainingServiceOptions): TrainingServiceImplementation {
  const { store, queue, feed, draining } = options;
  const message = (job: Job) => jobMessage(job, queue.position(job.name));
  return {
    createTrainingJob: async ({ spec: asked, requestId, validateOnly }) => {
      if (requestId.length > MAX_REQUEST_ID_LENGTH)
        throw invalidInput('request_id', `at most ${MAX_REQUEST_ID_LENGTH} characters`, String(requestId.length));
      const spec = completeSpec(specRequestOf(asked));
      return validateOnly ? { spec: specMessage(spec) } : message(await queue.create(spec, requestId));
    },
    getTrainingJob: ({ name }) => Promise.resolve(message(store.get(name))),
    listTrainingJobs: ({ pageSize, pageToken }) => {
      if (pageSize < 0) throw invalidInput('page_size', 'at least 0', String(pageSize));
      const count = Math.min(pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize, MAX_PAGE_SIZE);
      const before = pageToken === '' ? undefined : nameOfPageToken(pageToken);
      const rest = store.list().filter(({ name }) => before === undefined || name < before);
      const page = rest.slice(-count).reverse();
      const last = page.at(-1);
      return Promise.resolve({
        jobs: page.map(message),
        nextPageToken: last === undefined || page.length === rest.length ? '' : pageTokenOf(last.name),
      });
    },
    cancelTrainingJob: async ({ name }) => message(await queue.cancel(name)),
    resumeTrainingJob: async ({ name }) => message(await queue.resume(name)),
    watchTrainingJob: async function* ({ name, afterSequence }, context): AsyncGenerator<TrainingJobUpdate> {
      if (afterSequence < 0n) throw invalidInput('after_sequence', 'at least 0', String(afterSequence));
      const signal = AbortSignal.any([context.signal, draining]);
      for await (const job of feed.watch(name, Number(afterSequence), signal))
        yield { sequence: BigInt(job.sequence), job: message(job) };
      context.signal.throwIfAborted();
      if (draining.aborted) throw new DomainError('unavailable', 'the trainer is shutting down');
    },
  };
}

/** The next page begins after this job; names sort by time, so jobs created meanwhile shift nothing. */
function pageTokenOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function nameOfPageToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (!isJobName(name) || pageTokenOf(name) !== token)
    throw invalidInput('page_token', 'the next_page_token of an answer', JSON.stringify(token.slice(0, 80)));
  return name;
}
