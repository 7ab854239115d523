import { setImmediate } from 'node:timers/promises';
import { DomainError } from '../../core/errors.js';
import { monotonicMs } from '../../core/monotonic-clock.js';
import type { ShouldContinue } from '../../core/margin/pace.js';

/** Sending the answer takes a little. */
const ANSWER_MS = 25;

/** How many of the longest iterations so far must still fit: the next one, and the verification of what was found. */
const ITERATIONS_AHEAD = 2;

/**
 * Lets the worker read its messages between two iterations, and stops a search in time.
 *
 * @param signal aborted: the search is abandoned
 * @param deadlineMs when the answer must be on its way, by `monotonicMs`
 * @throws cancelled, from `shouldContinue`
 */
export function createPace(signal: AbortSignal, deadlineMs: number): ShouldContinue {
  let lastMs = performance.now();
  let longestMs = 0;
  return async () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    await setImmediate();
    if (signal.aborted) throw new DomainError('cancelled', 'the call was cancelled');
    lastMs = performance.now();
    return monotonicMs() + ITERATIONS_AHEAD * longestMs + ANSWER_MS < deadlineMs;
  };
}
