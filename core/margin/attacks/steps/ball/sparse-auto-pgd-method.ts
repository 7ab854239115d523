import {
  abs,
  add,
  clone,
  div,
  fill,
  greater,
  less,
  log,
  logicalAnd,
  maximum,
  mul,
  ones,
  sub,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { asNumbers } from '../../../as-numbers.js';
import { perExample } from '../../../box.js';
import { sparseAscent } from '../../../l1.js';
import { totals } from '../../../per-image.js';
import { LEAST } from '../strongest.js';
import type { BallMethod, BallProblem, BallSpace, Explored } from './ball-method.js';

/** The balls of a run, as multiples of ε, and the shares of the iterations in each of those before the last. */
const FRACTIONS = [3, 2, 1] as const;
const WARM_FRACTION = 0.3;

/** Fewer iterations are all within ε. */
const FEWEST_WARM = 5;

/** By how much fewer values a step moves than the best point has moved. */
const FEWER = 1.5;

/** η is divided by this where the best point has not become sparser, and how small it becomes, in radii. */
const SHORTER = 1.5;
const SHORTEST = 0.1;

/** The best point has become sparser if it has moved fewer values than this fraction of those before. */
const SPARSER = 0.95;

/** How many iterations there are between two checkpoints, as a fraction of those in a ball. */
const INTERVAL = 0.04;

/** Uniform numbers are kept so far from 0 and 1. */
const INSIDE = 1e-6;

/** Where a run stands; batched. */
export type SparseAutoPgdState = {
  /** δ, [n, h, w, c]. */
  readonly perturbations: Tensor4D;
  /** η in radii, and k, [n]. */
  readonly steps: Tensor1D;
  readonly counts: Tensor1D;
  /** The δ of the largest L in this ball, its L and its ∇L. */
  readonly top: Tensor4D;
  readonly topLosses: Tensor1D;
  readonly topGradients: Tensor4D;
  /** How many values it had moved at the last checkpoint, [n]. */
  readonly movedBefore: Tensor1D;
};

const within = (problem: BallProblem, fraction: Scalar | number): BallProblem => ({
  ...problem,
  radii: mul(problem.radii, fraction),
});

/** ‖δ‖₀, [n]. */
const movedBy = (perturbations: Tensor4D): Tensor1D => totals(asNumbers(greater(abs(perturbations), 0)));

const fewerThan = (moved: Tensor1D): Tensor1D => maximum(div(moved, FEWER), 1);

/** Noise around x, brought into the largest ball, which leaves few values of it. */
function startOfSparseAutoPgd({ project }: BallSpace, problem: BallProblem, uniforms: Tensor4D): Tensor4D {
  const inner: Tensor4D = add(mul(uniforms, 1 - 2 * INSIDE), INSIDE);
  const noise: Tensor4D = log(div(inner, sub(1, inner)));
  return project(within(problem, FRACTIONS[0]), noise);
}

/** A run before its first iteration. */
export function openSparseAutoPgd({ inputs }: BallProblem, start: Tensor4D): SparseAutoPgdState {
  const count = inputs.shape[0];
  const moved = movedBy(start);
  return {
    perturbations: start,
    steps: ones([count]),
    counts: fewerThan(moved),
    top: clone(start),
    topLosses: fill([count], LEAST),
    topGradients: zerosLike(inputs),
    movedBefore: moved,
  };
}

/**
 * One iteration of Auto-PGD in ℓ1 (Croce and Hein 2021, arXiv:2103.01208, ℓ1-APGD and its schedule of several ε; the numbers are those of its public
 * implementation), with x^i = x + δ, ρ = ε times 3, 2 and 1 for 30, 30 and 40 % of the iterations, of which each ball has N:
 *
 *     every m = max(⌊0.04 N⌋, 1) iterations:   k ← ‖x_max − x‖₀ / 1.5
 *         ‖x_max − x‖₀ less than 0.95 times what it was m iterations before:   η ← ρ,   x^i ← x_max
 *         else:                                                                η ← max(η / 1.5, ρ / 10)
 *     x^{i+1} = Π_ρ(x^i + η s / ‖s‖₁),   s = sign(∇L(x^i)) at its k largest values, 0 elsewhere;   Π_ρ onto ball and box at once
 *
 * At first, and in each smaller ball, into which x_max is projected, η = ρ and k = ‖x^i − x‖₀ / 1.5. There is no momentum.
 *
 * Differs from the source: values that are at an end of the box do not count among the largest if their gradients point out of it, because what moves
 * them is lost; the noise of the start is logistic in place of normal; going back to x_max takes no iteration of its own, because its gradient is known;
 * and the last iteration of a ball ends with the projection in place of a step.
 */
export function advanceSparseAutoPgd(
  { project }: BallSpace,
  problem: BallProblem,
  state: SparseAutoPgdState,
  { losses, gradients }: Explored,
  [checkpoint, fraction, nextFraction]: readonly Scalar[],
): SparseAutoPgdState {
  const { perturbations, movedBefore } = state;
  const better: Tensor1D = greater(losses, state.topLosses);
  const top: Tensor4D = where(perExample(better), perturbations, state.top);
  const topGradients: Tensor4D = where(perExample(better), gradients, state.topGradients);

  const isCheckpoint: Tensor1D = greater(checkpoint as Scalar, zerosLike(losses));
  const moved = movedBy(top);
  const sparser: Tensor1D = less(moved, mul(movedBefore, SPARSER));
  const shorter: Tensor1D = maximum(div(state.steps, SHORTER), SHORTEST);
  const steps: Tensor1D = where(isCheckpoint, where(sparser, ones(losses.shape), shorter), state.steps);
  const counts: Tensor1D = where(isCheckpoint, fewerThan(moved), state.counts);
  const back = perExample(logicalAnd(isCheckpoint, sparser));
  const from: Tensor4D = where(back, top, perturbations);
  const slopes: Tensor4D = where(back, topGradients, gradients);
  const lengths = mul<Tensor1D>(steps, mul(problem.radii, fraction as Scalar));

  const isLast: Tensor1D = less(nextFraction as Scalar, add(zerosLike(losses), fraction as Scalar));
  const stepped: Tensor4D = add(from, mul(perExample(lengths), sparseAscent(slopes, counts)));
  const next = project(within(problem, nextFraction as Scalar), where(perExample(isLast), top, stepped));
  const movedNext = movedBy(next);
  return {
    perturbations: next,
    steps: where(isLast, ones(losses.shape), steps),
    counts: where(isLast, fewerThan(movedNext), counts),
    top,
    topLosses: where(isLast, fill(losses.shape, LEAST), where(better, losses, state.topLosses)),
    topGradients,
    movedBefore: where(isLast, movedNext, where(isCheckpoint, moved, movedBefore)),
  };
}

/** Of the iterations in a ball, 1 at a checkpoint, else 0. */
function checkpointsOf(count: number): readonly number[] {
  const interval = Math.max(Math.floor(INTERVAL * count), 1);
  return Array.from({ length: count }, (_, index) => Number(index > 0 && index % interval === 0));
}

/** What each iteration of a run takes: 1 at a checkpoint, else 0; the ball that it is in, and the one of the next iteration, in ε. */
export function sparseAutoPgdStrides(iterations: number): readonly (readonly [number, number, number])[] {
  const warm = iterations < FEWEST_WARM ? 0 : Math.ceil(WARM_FRACTION * iterations);
  const counts = [warm, warm, Math.max(iterations - 2 * warm, 0)];
  const balls = FRACTIONS.flatMap((fraction, ball) =>
    checkpointsOf(counts[ball] ?? 0).map((checkpoint) => [checkpoint, fraction] as const),
  );
  return balls.map(([checkpoint, fraction], index) => [checkpoint, fraction, balls[index + 1]?.[1] ?? 1] as const);
}

/** The same where all iterations are in the ball of ε. */
export const steadySparseStrides = (iterations: number): readonly (readonly [number, number, number])[] =>
  checkpointsOf(iterations).map((checkpoint) => [checkpoint, 1, 1] as const);

/** Auto-PGD in ℓ1 on a loss. */
export const sparseAutoPgdMethod = (
  given: Pick<BallMethod<SparseAutoPgdState>, 'loss' | 'rank' | 'targets'>,
): BallMethod<SparseAutoPgdState> => ({
  ...given,
  start: startOfSparseAutoPgd,
  strays: true,
  open: openSparseAutoPgd,
  strides: sparseAutoPgdStrides,
  advance: advanceSparseAutoPgd,
});
