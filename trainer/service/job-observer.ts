import type { Log } from '../../host/log.js';
import { hasEnded } from '../jobs/job.js';
import type { JobObserver } from '../jobs/job-runner.js';
import type { JobStore } from '../jobs/job-store.js';
import type { TrainingMetrics } from './training-metrics.js';

/** Writes what happens to jobs into the log and the metrics. */
export function observeJobs(log: Log, metrics: TrainingMetrics, store: JobStore): JobObserver {
  const states = new Map(store.list().map(({ name, state }) => [name, state]));
  store.listen((job) => {
    if (states.get(job.name) === job.state) return;
    states.set(job.name, job.state);
    const { name, state, error, publishedVersion } = job;
    const details = { job: name, model: job.spec.model, ...(error !== '' && { error }) };
    log.info({ ...details, state, ...(publishedVersion > 0 && { publishedVersion }) }, 'job changed its state');
    if (state !== 'running') metrics.stopped(job);
    if (hasEnded(job)) {
      metrics.ended(job);
      states.delete(name);
    } else metrics.known(job);
  });
  return {
    started: (job, pid) => {
      log.info({ job: job.name, process: pid }, 'process of the job started');
    },
    reported: (job, report) => {
      metrics.reported(job, report);
      const { kind, ...facts } = report;
      if (kind === 'engine') log.info({ job: job.name, ...facts }, 'engine of the job');
      else if (report.kind === 'stopped-early')
        log.info({ job: job.name, ...report.earlyStop }, 'training stopped early');
      else if (kind !== 'progress') log.debug({ job: job.name, ...facts }, kind);
    },
    printed: (job, line) => {
      log.debug({ job: job.name, line }, 'process of the job printed');
    },
    died: (job, reason) => {
      metrics.died(job);
      log.warn({ job: job.name, reason }, 'process of the job died');
    },
  };
}
