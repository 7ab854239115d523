import { resolve } from 'node:path';
import { ENGINE_CHOICES } from '../core/engine/engine.js';
import { address, choice, configure, integer, text } from '../host/config.js';
import { createGrpcHost, hosted } from '../host/grpc-host.js';
import { createHttpHost } from '../host/http-host.js';
import { createLog, LOG_LEVELS } from '../host/log.js';
import { createMetrics } from '../host/metrics.js';
import { shutDownOnSignals } from '../host/shutdown.js';
import { TrainingServiceDefinition } from '../proto/gen/maxmargin/v1/training_service.js';
import { createJobFeed } from './jobs/job-feed.js';
import { fenceJob } from './jobs/job-owner.js';
import { createJobQueue } from './jobs/job-queue.js';
import { createJobRunner } from './jobs/job-runner.js';
import { openJobStore } from './jobs/job-store.js';
import { lockJobs } from './jobs/jobs-lock.js';
import { observeJobs } from './service/job-observer.js';
import { createTrainingMetrics } from './service/training-metrics.js';
import { createTrainingService } from './service/training-service.js';

/** A spec is small; nothing that a client may send is larger. */
const MAX_RECEIVE_BYTES = 1024 * 1024;
const CALLS_DRAIN_LIMIT_MS = 5_000;

const config = configure({
  name: 'maxmargin trainer',
  summary: 'Trains models on request and publishes them.',
  example: 'maxmargin trainer --registry ./registry --jobs ./jobs --data ./data',
  settings: {
    registry: text('DIR', './registry', 'Where models are published.'),
    jobs: text('DIR', './jobs', 'Where jobs and their checkpoints are kept.'),
    data: text('DIR', './data', 'Where data sets lie.'),
    address: address('0.0.0.0:50052', 'Where to answer gRPC.'),
    httpAddress: address('0.0.0.0:8082', 'Where to answer /metrics, /healthz and /readyz.'),
    engine: choice(ENGINE_CHOICES, 'auto', 'What runs the numerics.'),
    maxRunning: integer([1, 64], 1, 'Jobs that run at a time.'),
    maxQueued: integer([0, 100_000], 100, 'Jobs that may wait.'),
    maxRestarts: integer([0, 1_000], 3, 'How often a job is started again without having written a checkpoint.'),
    stopGraceMs: integer([0, 3_600_000], 20_000, 'How long a job may take to stop before it is killed.'),
    logLevel: choice(LOG_LEVELS, 'info', 'What to log.'),
  },
});

const log = createLog('trainer', config.logLevel);
const metrics = createMetrics();
const draining = new AbortController();

const unlock = await lockJobs(config.jobs);
const store = await openJobStore(resolve(config.jobs));
for (const unreadable of store.unreadable) log.error(unreadable, 'job skipped: it cannot be read');

const feed = createJobFeed(store);
const queue = createJobQueue({
  store,
  maxRunning: config.maxRunning,
  maxQueued: config.maxQueued,
  fence: ({ name }) => fenceJob(store.directory(name)),
  onSaveFailed: ({ name }, error) => {
    log.error({ job: name, err: error }, 'state of the job could not be written');
  },
  run: createJobRunner({
    store,
    engine: config.engine,
    registryRoot: resolve(config.registry),
    dataRoot: resolve(config.data),
    stopGraceMs: config.stopGraceMs,
    maxRestarts: config.maxRestarts,
    observer: observeJobs(log, createTrainingMetrics(metrics, store), store),
  }),
});

const training = createTrainingService({ store, queue, feed, draining: draining.signal });
const grpc = createGrpcHost({
  services: [hosted(TrainingServiceDefinition, training)],
  log,
  metrics,
  maxReceiveBytes: MAX_RECEIVE_BYTES,
  draining,
});
const http = createHttpHost(metrics, () =>
  draining.signal.aborted ? { ready: false, reason: 'shutting down' } : { ready: true },
);

shutDownOnSignals(log, async () => {
  await Promise.all([grpc.drain(CALLS_DRAIN_LIMIT_MS), queue.drain()]);
  await http.close();
  await unlock();
});

await queue.start();
const hostOf = (listening: string): string => listening.slice(0, listening.lastIndexOf(':'));
const port = await grpc.listen(config.address);
const httpPort = await http.listen(config.httpAddress);
grpc.health.setAll(true);
log.info(
  { address: `${hostOf(config.address)}:${port}`, httpAddress: `${hostOf(config.httpAddress)}:${httpPort}` },
  'listening',
);
