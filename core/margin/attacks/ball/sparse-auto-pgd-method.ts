import {
  abs,
  add,
  cast,
  clone,
  div,
  fill,
  greater,
  greaterEqual,
  logicalAnd,
  maximum,
  mul,
  reshape,
  sum,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../box.js';
import { sparseAscent } from '../../l1.js';
import type { BallMethod, BallProblem, BallSpace, Explored } from './ball-method.js';

/** k of the first steps, as a share of all values. */
const FIRST_SHARE = 0.05;

/** By how much fewer values a step moves than the best point has moved. */
const FEWER = 1.5;

/** η is divided by this where the best point has not become sparser, and how small it becomes, in radii. */
const SHORTER = 1.5;
const SHORTEST = 0.1;

/** The best point has become sparser if it has moved fewer values than this share of those before. */
const SPARSER = 0.95;

/** How many iterations there are between two checkpoints, as a share of all. */
const INTERVAL = 0.04;

/** Less than any loss. */
const LEAST = -1e30;

/** Where a run stands; batched. */
export type SparseAutoPgdState = {
  /** δ, [n, h, w, c]. */
  readonly perturbations: Tensor4D;
  /** η and k, [n]. */
  readonly steps: Tensor1D;
  readonly counts: Tensor1D;
  /** The δ of the largest L of the run, its L and its ∇L. */
  readonly top: Tensor4D;
  readonly topLosses: Tensor1D;
  readonly topGradients: Tensor4D;
  /** How many values it had moved at the last checkpoint, [n]. */
  readonly movedBefore: Tensor1D;
};

function openSparseAutoPgd({ inputs, radii }: BallProblem, start: Tensor4D): SparseAutoPgdState {
  const count = inputs.shape[0];
  const values = inputs.size / count;
  return {
    perturbations: start,
    steps: clone(radii),
    counts: fill([count], Math.max(1, FIRST_SHARE * values)),
    top: clone(start),
    topLosses: fill([count], LEAST),
    topGradients: zerosLike(inputs),
    movedBefore: fill([count], values),
  };
}

/** ‖δ‖₀, [n]. */
const movedBy = (perturbations: Tensor4D): Tensor1D =>
  sum(cast(greater(abs(reshape(perturbations, [perturbations.shape[0], -1])), 0), 'float32'), 1);

/**
 * One iteration of Auto-PGD in ℓ1 (Croce and Hein 2021, arXiv:2103.01208, section 4), with x^i = x + δ, d values, m = ⌈0.04 N⌉:
 *
 *     every m iterations:   k ← ‖x_max − x‖₀ / 1.5
 *         ‖x_max − x‖₀ at least 0.95 times what it was m iterations before:   η ← max(η / 1.5, ε / 10),   x^i ← x_max
 *         else:                                                               η ← ε
 *     x^{i+1} = Π(x^i + η s / ‖s‖₁),   s = sign(∇L(x^i)) at its k largest values, 0 elsewhere;   Π onto ball and box at once
 *
 * It begins with η = ε and has no momentum.
 *
 * Differs from the source: it is run at one ε, without the warm start from larger balls, which costs most of a small budget; values that are at an
 * end of the box do not count among the largest if their gradients point out of it, because what moves them is lost; and going back to x_max
 * takes no iteration of its own, because its gradient is known.
 */
function advanceSparseAutoPgd(
  { project }: BallSpace,
  problem: BallProblem,
  state: SparseAutoPgdState,
  { losses, gradients }: Explored,
  [checkpoint]: readonly Scalar[],
): SparseAutoPgdState {
  const { perturbations, movedBefore } = state;
  const better: Tensor1D = greater(losses, state.topLosses);
  const top: Tensor4D = where(perExample(better), perturbations, state.top);
  const topGradients: Tensor4D = where(perExample(better), gradients, state.topGradients);

  const isCheckpoint: Tensor1D = greater(checkpoint as Scalar, zerosLike(losses));
  const moved = movedBy(top);
  const rests: Tensor1D = greaterEqual(moved, mul(movedBefore, SPARSER));
  const shorter: Tensor1D = maximum(div(state.steps, SHORTER), mul(problem.radii, SHORTEST));
  const steps: Tensor1D = where(isCheckpoint, where(rests, shorter, problem.radii), state.steps);
  const counts: Tensor1D = where(isCheckpoint, maximum(div(moved, FEWER), 1), state.counts);
  const back = perExample(logicalAnd(isCheckpoint, rests));
  const from: Tensor4D = where(back, top, perturbations);
  const slopes: Tensor4D = where(back, topGradients, gradients);

  return {
    perturbations: project(problem, add(from, mul(perExample(steps), sparseAscent(slopes, counts)))),
    steps,
    counts,
    top,
    topLosses: where(better, losses, state.topLosses),
    topGradients,
    movedBefore: where(isCheckpoint, moved, movedBefore),
  };
}

/** What each iteration of a run takes: 1 at a checkpoint, else 0. */
export function sparseAutoPgdStrides(iterations: number): readonly (readonly [number])[] {
  const interval = Math.ceil(INTERVAL * iterations);
  return Array.from({ length: iterations }, (_, iteration) => [Number(iteration > 0 && iteration % interval === 0)]);
}

/** Auto-PGD in ℓ1 on a loss. */
export const sparseAutoPgdMethod = (
  given: Pick<BallMethod<SparseAutoPgdState>, 'loss' | 'rank' | 'targets'>,
): BallMethod<SparseAutoPgdState> => ({
  ...given,
  open: openSparseAutoPgd,
  strides: sparseAutoPgdStrides,
  advance: advanceSparseAutoPgd,
});
