import { setTimeout as delay } from 'node:timers/promises';
import type { TrainingJobUpdate as UpdateMessage } from '../../proto/gen/maxmargin/v1/training_service.js';
import { backoffMs } from './call-policy.js';
import { safeNumber } from './plain.js';
import { asRequestError, RequestError } from './request-error.js';
import { fromTrainingJob, hasEnded } from './training-jobs.js';
import type { TrainingJobUpdate } from './training-jobs.js';

export interface WatchOptions {
  /** Stops watching; the iteration then fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Send what came after this update as well, as far as the service still knows it. Default: from now. */
  readonly afterSequence?: number | undefined;
  /** How long to try to reach a service that is gone before giving up, in milliseconds. Default 60,000. */
  readonly patienceMs?: number | undefined;
  /** Called when the stream broke and is about to be opened again. */
  readonly onReconnect?: ((message: string) => void) | undefined;
}

/**
 * A job as it stands, then every change until it ends, across broken connections and restarts of the service: each new stream
 * continues after the last update that was seen.
 *
 * @param open opens a stream of what came after a sequence number
 * @throws RequestError; UNAVAILABLE only after `patienceMs` without an update
 */
export async function* watchJob(
  open: (afterSequence: bigint) => AsyncIterable<UpdateMessage>,
  options: WatchOptions,
  policy: { readonly baseDelayMs: number; readonly maxDelayMs: number },
): AsyncGenerator<TrainingJobUpdate, void, undefined> {
  const patienceMs = options.patienceMs ?? 60_000;
  let last = BigInt(options.afterSequence ?? 0);
  let lastSeenMs = performance.now();
  let attempt = 0;
  for (;;) {
    let reason: RequestError;
    try {
      for await (const message of open(last)) {
        lastSeenMs = performance.now();
        attempt = 0;
        // A stream that continues after an update may begin with the job as it stood then.
        const repeated = message.sequence === last && last !== 0n;
        last = message.sequence;
        if (message.job === undefined) continue;
        const job = fromTrainingJob(message.job);
        const ended = hasEnded(job.state);
        if (!repeated || ended) yield { sequence: safeNumber(message.sequence), job };
        if (ended) return;
      }
      reason = new RequestError('UNAVAILABLE', 'the stream ended before the job did');
    } catch (error) {
      const failure = asRequestError(error);
      if (!(failure instanceof RequestError) || !mayReconnect(failure, options.signal)) throw failure;
      reason = failure;
    }
    if (performance.now() - lastSeenMs > patienceMs) throw reason;
    options.onReconnect?.(reason.message);
    await pause(backoffMs(attempt++, policy), options.signal);
  }
}

/** A service that shuts down ends its streams with UNAVAILABLE or CANCELLED; one that is killed breaks the connection. */
function mayReconnect(failure: RequestError, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true) return false;
  return failure.code === 'UNAVAILABLE' || failure.code === 'CANCELLED';
}

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(durationMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw asRequestError(error);
  }
}
