import {
  add,
  clone,
  equal,
  fill,
  greater,
  lessEqual,
  less,
  logicalAnd,
  logicalOr,
  mul,
  sub,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { asNumbers } from '../../../as-numbers.js';
import { perExample } from '../../../box.js';
import { LEAST, MOST } from '../strongest.js';
import type { BallMethod, BallProblem, BallSpace, Explored } from './ball-method.js';
import { autoPgdStrides } from './auto-pgd-schedule.js';

/** η of the first step, in radii. */
const FIRST_STEP = 2;

/** Where a run stands; batched. */
export type AutoPgdState = {
  /** δ and the one before it, [n, h, w, c]. */
  readonly perturbations: Tensor4D;
  readonly previous: Tensor4D;
  /** η, [n]. */
  readonly steps: Tensor1D;
  /** L where the last step began, [n]. */
  readonly lastLosses: Tensor1D;
  /** On how many iterations since the last checkpoint L rose, [n]. */
  readonly rises: Tensor1D;
  /** The δ of the largest L of the run, its L and its ∇L. */
  readonly top: Tensor4D;
  readonly topLosses: Tensor1D;
  readonly topGradients: Tensor4D;
  /** The largest L at the last checkpoint, [n], and 1 where η was halved there. */
  readonly topBefore: Tensor1D;
  readonly halvedBefore: Tensor1D;
};

/** A run before its first iteration. @param firstStep η, in radii */
export function openAutoPgd({ inputs, radii }: BallProblem, start: Tensor4D, firstStep = FIRST_STEP): AutoPgdState {
  const unknown = (value: number): Tensor1D => fill([inputs.shape[0]], value);
  return {
    perturbations: start,
    previous: clone(start),
    steps: mul(radii, firstStep),
    lastLosses: unknown(MOST),
    rises: zeros([inputs.shape[0]]),
    top: clone(start),
    topLosses: unknown(LEAST),
    topGradients: zerosLike(inputs),
    topBefore: unknown(LEAST),
    halvedBefore: zeros([inputs.shape[0]]),
  };
}

/**
 * One iteration of Auto-PGD (Croce and Hein 2020, arXiv:2003.01690, Algorithm 1), with x^k = x + δ:
 *
 *     at a checkpoint, where L rose on fewer than ρ of the iterations since the last one, or neither η nor the largest L has changed since:
 *         η ← η / 2,   x^k ← x_max
 *     z = Π(x^k + η s(∇L(x^k))),   s the steepest ascent
 *     x^{k+1} = Π(x^k + α (z − x^k) + (1 − α)(x^k − x^{k−1})),   α = 0.75, and 1 at first
 *
 * Differs from Alg. 1: going back to x_max takes no iteration of its own, because its gradient is known, and it leaves without momentum, because
 * what led away from there was no improvement.
 */
export function advanceAutoPgd(
  { geometry, project }: BallSpace,
  problem: BallProblem,
  state: AutoPgdState,
  { losses, gradients }: Explored,
  [weight, checkpoint, mustRise]: readonly Scalar[],
): AutoPgdState {
  const { perturbations, topBefore, halvedBefore } = state;
  const risen: Tensor1D = add(state.rises, asNumbers(greater(losses, state.lastLosses)));
  const better: Tensor1D = greater(losses, state.topLosses);
  const top: Tensor4D = where(perExample(better), perturbations, state.top);
  const topGradients: Tensor4D = where(perExample(better), gradients, state.topGradients);
  const topLosses: Tensor1D = where(better, losses, state.topLosses);

  const isCheckpoint: Tensor1D = greater(checkpoint as Scalar, zerosLike(losses));
  const rests: Tensor1D = logicalAnd(equal(halvedBefore, 0), lessEqual(topLosses, topBefore));
  const halved: Tensor1D = logicalAnd(isCheckpoint, logicalOr(less(risen, mustRise as Scalar), rests));
  const steps: Tensor1D = where(halved, mul(state.steps, 0.5), state.steps);
  const back = perExample(halved);
  const from: Tensor4D = where(back, top, perturbations);
  const before: Tensor4D = where(back, top, state.previous);
  const slopes: Tensor4D = where(back, topGradients, gradients);

  const stepped = project(problem, add(from, mul(perExample(steps), geometry.steepestAscent(slopes))));
  const step: Tensor4D = mul(sub(stepped, from), weight as Scalar);
  const momentum: Tensor4D = mul(sub(from, before), sub(1, weight as Scalar));
  return {
    perturbations: project(problem, add(from, add(step, momentum))),
    previous: from,
    steps,
    lastLosses: where(halved, topLosses, losses),
    rises: where(isCheckpoint, zerosLike(risen), risen),
    top,
    topLosses,
    topGradients,
    topBefore: where(isCheckpoint, topLosses, topBefore),
    halvedBefore: where(isCheckpoint, asNumbers(halved), halvedBefore),
  };
}

/** Auto-PGD on a loss. */
export const autoPgdMethod = (
  given: Pick<BallMethod<AutoPgdState>, 'loss' | 'rank' | 'targets'>,
): BallMethod<AutoPgdState> => ({
  ...given,
  open: openAutoPgd,
  strides: autoPgdStrides,
  advance: advanceAutoPgd,
});
