import { DURATION_EDGES_SECONDS } from '../../host/metrics.js';
import type { Metrics } from '../../host/metrics.js';
import { ENDED_STATES, JOB_STATES, hasEnded } from '../jobs/job.js';
import type { Job, JobProgress } from '../jobs/job.js';
import type { JobReport } from '../jobs/job-messages.js';
import type { JobStore } from '../jobs/job-store.js';

/** What the trainer tells monitoring about its jobs. */
export interface TrainingMetrics {
  /** Shows what is counted of a job's model, from 0. */
  known(job: Job): void;
  reported(job: Job, report: JobReport): void;
  died(job: Job): void;
  /** Counts a job that has ended. */
  ended(job: Job): void;
  /** Takes back what is only true of a running job. */
  stopped(job: Job): void;
}

export function createTrainingMetrics(metrics: Metrics, store: JobStore): TrainingMetrics {
  const byModel = ['model'] as const;
  const byNorm = ['model', 'norm'] as const;
  metrics.gauge({ name: 'jobs', help: 'Training jobs, by state.', labels: ['state'] }, (gauge) => {
    const counts = new Map<string, number>(JOB_STATES.map((state) => [state, 0]));
    for (const { state } of store.list()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of counts) gauge.set({ state }, count);
  });
  metrics.gauge({ name: 'job_queue_depth', help: 'Jobs that wait for their turn.', labels: [] }, (gauge) => {
    gauge.set({}, store.list().filter(({ state }) => state === 'queued').length);
  });
  const progressRatio = metrics.gauge({
    name: 'job_progress_ratio',
    help: 'The fraction of its steps that the running job has done; 1 once its training has ended, early or not.',
    labels: byModel,
  });
  const cleanLoss = metrics.gauge({ name: 'job_clean_loss', help: 'Clean loss of the last step.', labels: byModel });
  const marginLoss = metrics.gauge({ name: 'job_margin_loss', help: 'MMA loss of the last step.', labels: byModel });
  const meanRadius = metrics.gauge({
    name: 'job_mean_radius',
    help: 'Mean search radius of the correct examples of the last step.',
    labels: byNorm,
  });
  const validationMargin = metrics.gauge({
    name: 'job_validation_margin',
    help: 'Mean margin at the last validation.',
    labels: byNorm,
  });
  const validationAccuracy = metrics.gauge({
    name: 'job_validation_accuracy_ratio',
    help: 'Clean accuracy at the last validation.',
    labels: byModel,
  });
  const gauges = [progressRatio, cleanLoss, marginLoss, meanRadius, validationMargin, validationAccuracy];
  const steps = metrics.counter({ name: 'job_steps_total', help: 'Optimizer steps done.', labels: byModel });
  const stepDurations = metrics.histogram(
    { name: 'job_step_duration_seconds', help: 'Time of an optimizer step, its attack included.', labels: byModel },
    DURATION_EDGES_SECONDS,
  );
  const checkpoints = metrics.counter({
    name: 'job_checkpoints_total',
    help: 'Checkpoints written.',
    labels: byModel,
  });
  const checkpointDurations = metrics.histogram(
    { name: 'job_checkpoint_duration_seconds', help: 'Time to write a checkpoint.', labels: byModel },
    DURATION_EDGES_SECONDS,
  );
  const publishDurations = metrics.histogram(
    { name: 'publish_duration_seconds', help: 'Time to publish a version.', labels: byModel },
    DURATION_EDGES_SECONDS,
  );
  const restarts = metrics.counter({
    name: 'job_restarts_total',
    help: "Times that a job's process died.",
    labels: byModel,
  });

  const ended = metrics.counter({
    name: 'jobs_ended_total',
    help: 'Training jobs that have ended, by state: succeeded, failed, cancelled.',
    labels: ['state'],
  });
  for (const state of ENDED_STATES) ended.show({ state });
  const known = ({ spec: { model } }: Job): void => {
    for (const metric of [steps, stepDurations, checkpoints, checkpointDurations, publishDurations, restarts])
      metric.show({ model });
  };
  for (const job of store.list()) if (!hasEnded(job)) known(job);

  return {
    known,
    reported: ({ spec }, report) => {
      const { model } = spec;
      const { norm } = spec.training;
      switch (report.kind) {
        case 'progress': {
          const { progress, stepsDone, stepSeconds } = report;
          progressRatio.set({ model }, fractionDone(progress));
          steps.add({ model }, stepsDone);
          for (const seconds of stepSeconds) stepDurations.observe({ model }, seconds);
          if (progress.step === 0) break;
          cleanLoss.set({ model }, progress.cleanLoss);
          marginLoss.set({ model }, progress.marginLoss);
          meanRadius.set({ model, norm }, progress.meanRadius);
          if (progress.validationMargin !== undefined) validationMargin.set({ model, norm }, progress.validationMargin);
          if (progress.validationAccuracy !== undefined) validationAccuracy.set({ model }, progress.validationAccuracy);
          break;
        }
        case 'checkpoint':
          checkpoints.add({ model });
          checkpointDurations.observe({ model }, report.seconds);
          break;
        case 'published':
          publishDurations.observe({ model }, report.seconds);
          break;
        case 'engine':
        case 'waiting':
        case 'stopped-early':
        case 'ended':
          break;
      }
    },
    died: ({ spec: { model } }) => {
      restarts.add({ model });
    },
    ended: ({ state }) => {
      ended.add({ state });
    },
    stopped: ({ spec: { model } }) => {
      for (const gauge of gauges) gauge.forget({ model });
    },
  };
}

function fractionDone({ phase, step, steps }: JobProgress): number {
  if (phase === 'evaluating' || phase === 'publishing') return 1;
  return steps === 0 ? 0 : step / steps;
}
