import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MaxMarginClient } from '../../client/connect.js';
import type { ModelVersion } from '../../client/models.js';
import { RequestError } from '../../client/request-error.js';
import type { TrainingJob } from '../../client/training-jobs.js';
import type { TrainingSpec } from '../../client/training-spec.js';
import { CommandFailure } from '../report-failure.js';
import { watchToTheEnd } from '../watch-to-the-end.js';

const POLL_MS = 100;
/** A version is loaded and warmed up in seconds; on a busy machine it may take many. */
const SERVED_LIMIT_MS = 120_000;

/** Trains and publishes a first model, or goes on with what an earlier start has begun. */
export async function trainFirstModel(
  trainer: MaxMarginClient,
  spec: TrainingSpec,
  signal: AbortSignal,
): Promise<void> {
  const job = await beginJob(trainer, spec, signal);
  try {
    await watchToTheEnd(trainer, job.name, undefined, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CommandFailure('Stopped. The next start continues the training from its last checkpoint.', 130, {
      cause: error,
    });
  }
}

/**
 * The job of a spec: the same id, made from the spec, finds the job that an earlier start made. One that was stopped is resumed; one that
 * succeeded does not count, since this is asked only where its model is no longer there.
 */
async function beginJob(trainer: MaxMarginClient, spec: TrainingSpec, signal: AbortSignal): Promise<TrainingJob> {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
  for (let attempt = 1; ; attempt++) {
    const job = await trainer.createTrainingJob(spec, { requestId: `start-${hash}-${attempt}`, signal });
    if (job.state === 'succeeded') continue;
    if (job.state === 'cancelled' || job.state === 'failed') return trainer.resumeTrainingJob(job.name, { signal });
    return job;
  }
}

/**
 * Waits until a server answers with a model's champion.
 *
 * @throws CommandFailure if it cannot load it
 */
export async function waitUntilServed(
  server: MaxMarginClient,
  name: string,
  signal: AbortSignal,
): Promise<ModelVersion> {
  const endMs = performance.now() + SERVED_LIMIT_MS;
  for (;;) {
    const version = await championOf(server, name, signal);
    if (version?.state === 'ready') return version;
    if (version?.state === 'failed') {
      throw new CommandFailure(`${name} version ${version.version} cannot be served: ${version.stateReason}`);
    }
    if (performance.now() > endMs)
      throw new CommandFailure(`${name} was not served within ${SERVED_LIMIT_MS / 1000} s`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** The champion; undefined where the server has not seen it yet. */
async function championOf(
  server: MaxMarginClient,
  name: string,
  signal: AbortSignal,
): Promise<ModelVersion | undefined> {
  try {
    return await server.getModel({ name }, { signal });
  } catch (error) {
    const early = error instanceof RequestError && (error.code === 'NOT_FOUND' || error.code === 'FAILED_PRECONDITION');
    if (!early) throw error;
    return undefined;
  }
}
