import { randomUUID } from 'node:crypto';
import type { Channel } from 'nice-grpc';
import { TrainingServiceDefinition } from '../../proto/gen/maxmargin/v1/training_service.js';
import { createPolicyFactory, policyOptions, retryPolicy } from './call-policy.js';
import type { CallOptions, ConnectOptions } from './call-policy.js';
import { orRequestError } from './request-error.js';
import { fromTrainingJob } from './training-jobs.js';
import type { TrainingJob, TrainingJobUpdate } from './training-jobs.js';
import { toTrainingSpec } from './training-spec.js';
import type { TrainingSpec } from './training-spec.js';
import { watchJob } from './watch-job.js';
import type { WatchOptions } from './watch-job.js';

export interface CreateJobOptions {
  /** The same id and spec answer with the same job; default: a new one. It is what makes the request safe to send again. */
  readonly requestId?: string | undefined;
  /** Check the spec and fill its defaults in, create nothing. */
  readonly validateOnly?: boolean | undefined;
}

export interface ListJobsOptions {
  /** Jobs a page, at most 1,000; default 50. */
  readonly pageSize?: number | undefined;
}

/** Training jobs. Cancelling and resuming are sent once: a repetition would find the job in another state. */
export interface TrainingClient {
  createTrainingJob(spec: TrainingSpec, options?: CreateJobOptions & CallOptions): Promise<TrainingJob>;
  getTrainingJob(name: string, options?: CallOptions): Promise<TrainingJob>;
  /** All jobs, newest first; each page is asked for when it is needed. */
  listTrainingJobs(options?: ListJobsOptions & CallOptions): AsyncIterable<TrainingJob>;
  cancelTrainingJob(name: string, options?: CallOptions): Promise<TrainingJob>;
  resumeTrainingJob(name: string, options?: CallOptions): Promise<TrainingJob>;
  /** The job as it stands, then every change until it ends, across restarts of the service. */
  watchTrainingJob(name: string, options?: WatchOptions): AsyncIterable<TrainingJobUpdate>;
}

export function trainingClient(channel: Channel, connection: ConnectOptions): TrainingClient {
  const stub = createPolicyFactory().create(TrainingServiceDefinition, channel);
  const repeatable = (call: CallOptions | undefined) => policyOptions(connection, call, 'repeatable');
  const once = (call: CallOptions | undefined) => policyOptions(connection, call, 'once');

  return {
    createTrainingJob: async (spec, call = {}) => {
      const { requestId = randomUUID(), validateOnly = false } = call;
      const request = { spec: toTrainingSpec(spec), requestId, validateOnly };
      return fromTrainingJob(await orRequestError(stub.createTrainingJob(request, repeatable(call))));
    },
    getTrainingJob: async (name, call) =>
      fromTrainingJob(await orRequestError(stub.getTrainingJob({ name }, repeatable(call)))),
    listTrainingJobs: async function* (call = {}) {
      let pageToken = '';
      do {
        const request = { pageSize: call.pageSize ?? 0, pageToken };
        const page = await orRequestError(stub.listTrainingJobs(request, repeatable(call)));
        yield* page.jobs.map(fromTrainingJob);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    cancelTrainingJob: async (name, call) =>
      fromTrainingJob(await orRequestError(stub.cancelTrainingJob({ name }, once(call)))),
    resumeTrainingJob: async (name, call) =>
      fromTrainingJob(await orRequestError(stub.resumeTrainingJob({ name }, once(call)))),
    watchTrainingJob: (name, options = {}) =>
      watchJob(
        (afterSequence) =>
          stub.watchTrainingJob(
            { name, afterSequence },
            options.signal === undefined ? {} : { signal: options.signal },
          ),
        options,
        retryPolicy(connection),
      ),
  };
}
