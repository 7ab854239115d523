import { dispose, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { watchedPace } from '../../pace.js';
import type { AttackOutcome, FixedNormRequest } from '../attack.js';
import type { AscentProblem } from './gradient-free-ascent.js';
import { areAllFound, keepStronger, nothingTried, type Strongest } from './strongest.js';
import { WITHIN } from './success.js';

/** Whether all inputs are done is looked at after so many calls first, then whenever their number has grown by a fraction. */
const FIRST_LOOK = 8;
const LOOK_GROWTH = 1.25;

/** One run of an attack without gradients. Its tensors are new, for the caller to dispose. */
export interface GradientFreeRun<State extends Strongest> {
  /** Where it starts: inputs that are done stay where they are best. */
  readonly start: { readonly forwardEvaluations: number; readonly take: (best: Strongest) => State };
  /** What follows, one compiled call each. A state may hold tensors of the one before it. */
  readonly calls: readonly { readonly forwardEvaluations: number; readonly take: (state: State) => State }[];
}

/**
 * Runs an attack without gradients, from a fresh start each time, until every input is done, or the runs are over, or it is told to stop.
 *
 * @param open plans a run
 */
export async function gradientFreeRuns<State extends Strongest>(
  request: FixedNormRequest,
  open: (problem: AscentProblem) => GradientFreeRun<State>,
): Promise<AttackOutcome> {
  const { inputs, restarts } = request;
  const classes = tensor1d([...request.classes], 'int32');
  const radii = tensor1d(request.radii.map((radius) => radius * WITHIN));
  let strongest = tidy(() => nothingTried(inputs));
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let forwardEvaluations = 0;
  try {
    for (let restart = 0; restart < restarts && (await shouldContinue()); restart++) {
      const { start, calls } = open({ inputs, classes, radii });
      let state = tidy(() => start.take(strongest));
      forwardEvaluations += start.forwardEvaluations;
      try {
        let look = FIRST_LOOK;
        for (const [index, call] of calls.entries()) {
          if (!(await shouldContinue())) break;
          const next = tidy(() => call.take(state));
          disposeReplaced(state, next);
          state = next;
          forwardEvaluations += call.forwardEvaluations;
          if (index + 1 < look) continue;
          look = Math.ceil((index + 1) * LOOK_GROWTH);
          if (await areAllFound(state)) break;
        }
        const stronger = tidy(() => keepStronger(strongest, state.best, state.bestLosses, state.found, 'last'));
        dispose(strongest);
        strongest = stronger;
      } finally {
        dispose(state);
      }
      if (await areAllFound(strongest)) break;
    }
    return {
      perturbations: strongest.best.clone(),
      gradientEvaluations: 0,
      forwardEvaluations,
      complete: !stopped(),
    };
  } finally {
    dispose([classes, radii]);
    dispose(strongest);
  }
}

/** Disposes the tensors of a state that the next one does not hold. */
function disposeReplaced(state: Strongest, next: Strongest): void {
  const held = new Set<unknown>(Object.values(next));
  for (const tensor of Object.values(state)) if (!held.has(tensor)) dispose(tensor);
}
