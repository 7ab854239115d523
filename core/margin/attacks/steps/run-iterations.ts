import { dispose, tidy, type TensorContainer } from '@tensorflow/tfjs-core';
import { iterationsOfCall } from './short-evaluations.js';

/** How the calls of a search are made. */
export interface CallPace {
  /** Whether evaluations are so short that several make one compiled call. */
  readonly together: boolean;
  /** Asked before each compiled call: false once the search is to end. */
  readonly shouldContinue: () => Promise<boolean>;
}

/** A run of iterations that cost one gradient evaluation each; new tensors each. */
export interface IterationRun<S extends TensorContainer, R extends TensorContainer> {
  readonly iterations: number;
  /** Disposed, whatever happens. */
  readonly start: S;
  /** Some of the iterations in one compiled call, from the first of them on. */
  readonly take: (state: S, first: number, count: number) => S;
  /** What a run has found: once it is complete, where it stands is tried, too. A run that was stopped has no time left to. */
  readonly close: (state: S, complete: boolean) => R;
}

/** Runs iterations until they are over, or it is told to stop. @returns what is found, for the caller to dispose, and the gradient evaluations spent */
export async function runIterations<S extends TensorContainer, R extends TensorContainer>(
  { together, shouldContinue }: CallPace,
  { iterations, start, take, close }: IterationRun<S, R>,
): Promise<{ found: R; spent: number }> {
  let state = start;
  let spent = 0;
  try {
    while (spent < iterations && (await shouldContinue())) {
      const count = iterationsOfCall(together, iterations - spent);
      const next = tidy(() => take(state, spent, count));
      dispose(state);
      state = next;
      spent += count;
    }
    return { found: tidy(() => close(state, spent === iterations)), spent };
  } finally {
    dispose(state);
  }
}
