import { setImmediate } from 'node:timers/promises';
import type { ShouldContinue } from '../../core/margin/pace.js';

/** The event loop waits no longer than this for numeric work, so that the process stays able to answer. */
const LONGEST_BLOCK_MS = 20;

/** Lets the event loop run now and then, and stops when the signal says so. */
export function stoppablePace(signal: AbortSignal | undefined): ShouldContinue {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > LONGEST_BLOCK_MS) {
      await setImmediate();
      last = performance.now();
    }
    return signal?.aborted !== true;
  };
}
