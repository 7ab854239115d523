import { evaluationMessage } from '../../host/contract/evaluation-message.js';
import { timestampMessage } from '../../host/contract/timestamp-message.js';
import { JobState as StateMessage } from '../../proto/gen/maxmargin/v1/training_service.js';
import type {
  EarlyStop as EarlyStopMessage,
  TrainingJob,
  TrainingProgress,
} from '../../proto/gen/maxmargin/v1/training_service.js';
import type { EarlyStop } from '../../core/registry/manifest.js';
import type { Job, JobProgress, JobState } from '../jobs/job.js';
import { specMessage } from '../jobs/spec-message.js';

const STATE_MESSAGES: Readonly<Record<JobState, StateMessage>> = {
  queued: StateMessage.QUEUED,
  running: StateMessage.RUNNING,
  succeeded: StateMessage.SUCCEEDED,
  failed: StateMessage.FAILED,
  cancelled: StateMessage.CANCELLED,
};

/** A job as the contract says it. @param queuePosition how many jobs are before it */
export function jobMessage(job: Job, queuePosition: number): TrainingJob {
  return {
    name: job.name,
    spec: specMessage(job.spec),
    state: STATE_MESSAGES[job.state],
    error: job.error,
    progress: job.progress && progressMessage(job.progress),
    createTime: timestampMessage(Date.parse(job.createTime)),
    startTime: job.startTime === undefined ? undefined : timestampMessage(Date.parse(job.startTime)),
    endTime: job.endTime === undefined ? undefined : timestampMessage(Date.parse(job.endTime)),
    publishedVersion: BigInt(job.publishedVersion),
    evaluation: job.evaluation && evaluationMessage(job.evaluation),
    restarts: job.restarts,
    queuePosition,
    earlyStop: job.earlyStop && earlyStopMessage(job.earlyStop),
  };
}

function progressMessage(progress: JobProgress): TrainingProgress {
  return {
    ...progress,
    step: BigInt(progress.step),
    steps: BigInt(progress.steps),
    epoch: BigInt(progress.epoch),
  };
}

function earlyStopMessage(stop: EarlyStop): EarlyStopMessage {
  return { ...stop, step: BigInt(stop.step), epoch: BigInt(stop.epoch), bestStep: BigInt(stop.bestStep) };
}
