import { resolve } from 'node:path';
import { messageOf } from '../core/errors.js';
import { configure } from '../host/config/program.js';
import { createGrpcHost, hosted } from '../host/grpc-host.js';
import { createHttpHost } from '../host/http-host.js';
import { listenOrExit } from '../host/listen.js';
import { createLog } from '../host/log.js';
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
import { trainerProgram } from './settings.js';

/** A spec is small, but for the LayersModel in it, of at most half of that. */
const MAX_RECEIVE_BYTES = 2 * 1024 * 1024;
const CALLS_DRAIN_LIMIT_MS = 5_000;

const config = configure(trainerProgram);
const log = createLog('trainer', config.logLevel);
const metrics = createMetrics();
const draining = new AbortController();

const unlock = await lockJobs(config.jobs).catch((error: unknown) => {
  log.fatal({ reason: messageOf(error) }, 'cannot start');
  process.exit(1);
});
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
    stopGraceMs: config.stopSeconds * 1_000,
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
const port = await listenOrExit(log, 'gRPC', config.address, (at) => grpc.listen(at));
const httpPort = await listenOrExit(log, 'HTTP', config.httpAddress, (at) => http.listen(at));
grpc.health.setAll(true);
log.info(
  { address: `${hostOf(config.address)}:${port}`, httpAddress: `${hostOf(config.httpAddress)}:${httpPort}` },
  'listening',
);
