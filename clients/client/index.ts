/** What `import … from 'maxmargin/client'` gives. */
export { connect, type MaxMarginClient } from './connect.js';
export type { CallOptions, ConnectOptions, RetryPolicy } from './call-policy.js';
export { InvalidImagesError, type Array32, type Images } from './images.js';
export type {
  Classification,
  ClassifyOptions,
  MarginBudget,
  MarginOptions,
  MarginResult,
  MarginStatus,
} from './margins.js';
export type { Evaluation, Model, ModelSelector, ModelState, ModelVersion, RobustAccuracy } from './models.js';
export type { OptimizerSpec } from './optimizer-spec.js';
export type { Norm } from './plain.js';
export type { ImportOptions } from './registry-client.js';
export { RequestError, type StatusName } from './request-error.js';
export type { Answers } from './robustness-client.js';
export type { CreateJobOptions, ListJobsOptions } from './training-client.js';
export type { EarlyStop, JobState, TrainingJob, TrainingJobUpdate, TrainingProgress } from './training-jobs.js';
export type { Method, TrainingSpec } from './training-spec.js';
export type { WatchOptions } from './watch-job.js';
