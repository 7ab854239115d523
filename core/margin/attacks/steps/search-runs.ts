import { cast, dispose, lessEqual, mul, scalar, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../box.js';
import { watchedPace } from '../../pace.js';
import { sharpnessOf } from '../../sharpness.js';
import type { MinimumNormOutcome, MinimumNormRequest } from '../attack.js';
import type { Nearest } from './nearest.js';
import { searchRays, type RaySearch } from './rays.js';
import { milestoneAt, MILESTONES, type Milestone } from './search-trace.js';
import { areShort } from './short-evaluations.js';
import { WITHIN } from './success.js';

/** What a search for shortest perturbations works on; batched. Its tensors stay the caller's. */
export type SearchProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** The classes to leave or to reach, [n] int32. */
  readonly classes: Tensor1D;
  /** The largest length that counts. */
  readonly maxLength: Scalar;
  /** β, [n]: how sharply soft losses prefer the nearest class (see sharpness.ts). */
  readonly sharpness: Tensor1D;
};

/** One compiled call of a search, and what it costs. */
export interface SearchCall<State extends Nearest> {
  readonly gradientEvaluations: number;
  readonly take: (state: State) => State;
}

/** A search as the calls that it is made of. Their tensors are new, for the caller to dispose. */
export interface SearchPlan<State extends Nearest> {
  readonly start: () => State;
  readonly calls: Iterable<SearchCall<State>>;
  /** Tries what the last call left untried; a forward evaluation. */
  readonly finish?: (state: State) => Nearest;
  /** Brings the nearest closer along its own rays in the end. */
  readonly polish?: RaySearch<SearchProblem>;
}

/** Runs a search call by call, until it is told to stop. */
export async function runSearch<State extends Nearest>(
  request: MinimumNormRequest,
  open: (problem: SearchProblem, together: boolean) => SearchPlan<State>,
): Promise<MinimumNormOutcome> {
  const { weights, inputs } = request;
  const classes = tensor1d([...request.classes], 'int32');
  const maxLength = scalar(request.maxDistance * WITHIN);
  const sharpness = tensor1d(request.logits.map(sharpnessOf));
  const problem: SearchProblem = { inputs, classes, maxLength, sharpness };
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let gradientEvaluations = 0;
  const trace: Milestone[] = [];
  const stride = Math.ceil(request.maxGradientEvaluations / MILESTONES);
  let held: Nearest | undefined;
  /** Holds what is known next in place of what was. */
  const hold = <S extends Nearest>(next: S): S => {
    if (held !== undefined) dispose(held);
    held = next;
    return next;
  };
  try {
    const together = areShort(weights, inputs);
    const { start, calls, finish, polish } = open(problem, together);
    let state = hold(tidy(start));
    for (const call of calls) {
      if (!(await shouldContinue())) break;
      state = hold(tidy(() => call.take(state)));
      gradientEvaluations += call.gradientEvaluations;
      if (gradientEvaluations - (trace.at(-1)?.gradientEvaluations ?? 0) < stride) continue;
      trace.push(await milestoneAt(gradientEvaluations, state));
    }
    let nearest: Nearest = state;
    if (finish !== undefined && (await shouldContinue())) nearest = hold(tidy(() => finish(state)));
    if (polish !== undefined && (await shouldContinue())) {
      nearest = hold(await searchRays({ weights, together, shouldContinue }, polish, problem, nearest));
    }
    return {
      // A search may remember what is a little longer, for the polish to bring closer.
      perturbations: tidy(() =>
        mul(nearest.best, perExample(cast(lessEqual(nearest.bestLengths, maxLength), 'float32'))),
      ),
      gradientEvaluations,
      complete: !stopped(),
      trace,
    };
  } finally {
    dispose([classes, maxLength, sharpness]);
    if (held !== undefined) dispose(held);
  }
}
