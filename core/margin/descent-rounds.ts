import { add, dispose, div, maximum, mul, scalar, tidy, where, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import { paceAt } from './adaptive-pgd-plan.js';
import type { Bracket } from './bisection.js';
import { clipToBox, perExample } from './box.js';
import { keepShorter, nothingFound, type Descent, type DescentProblem, type Nearest } from './descent.js';
import type { DescentSteps } from './descent-steps.js';

/** Below this length a perturbation counts as zero, and has no direction. */
const TINY = 1e-12;

/** What the parts of a search share. Its tensors stay the caller's. */
export interface SearchContext {
  readonly steps: DescentSteps;
  readonly weights: TensorMap;
  /** The largest length that counts. */
  readonly maxLength: Scalar;
  /** Asked before each compiled call: false once the search is to end. */
  readonly goOn: () => Promise<boolean>;
}

/** Where a round starts; batched. The caller disposes it. */
export type RoundStart = {
  /** δ, [n, h, w, c], inside ball and box. */
  readonly perturbations: Tensor4D;
  /** r, [n]. */
  readonly radii: Tensor1D;
};

/**
 * One round of descent, which knows nothing of what other rounds have found.
 *
 * @returns the nearest that it found, for the caller to dispose, and the gradient evaluations spent
 */
export async function runRound(
  { steps, weights, maxLength, goOn }: SearchContext,
  problem: DescentProblem,
  start: RoundStart,
  iterations: number,
): Promise<{ nearest: Nearest; spent: number }> {
  let descent: Descent = tidy(() => ({
    perturbations: start.perturbations.clone(),
    radii: start.radii.clone(),
    ...nothingFound(problem.inputs, maxLength),
  }));
  let spent = 0;
  try {
    while (spent < iterations && (await goOn())) {
      const pace = paceAt(spent, iterations);
      const next = tidy(() => steps.iterate(weights, problem, descent, scalar(pace.step), scalar(pace.adaptation)));
      dispose(descent);
      descent = next;
      spent += 1;
    }
    // Not when stopped: what has been tried is enough then.
    const tryLast = spent === iterations;
    const nearest = tidy(() => (tryLast ? steps.tryLast(weights, problem, descent) : cloneNearest(descent)));
    return { nearest, spent };
  } finally {
    dispose(descent);
  }
}

/**
 * Bisects between a share of the known lengths and the lengths themselves, along rays, and keeps what succeeds and is shorter.
 *
 * @param directions u, [n, h, w, c], of length 1 or 0
 * @returns the nearest then, for the caller to dispose
 */
export async function shortenAlong(
  { steps, weights, goOn }: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  directions: Tensor4D,
  lowShare: number,
  probes: number,
): Promise<Nearest> {
  let bracket: Bracket = tidy(() => {
    const high = known.bestLengths.clone();
    const low: Tensor1D = mul(high, lowShare);
    // Where nothing is known the far end comes first: if any point of the ray succeeds, it most likely does.
    const probe: Tensor1D = where(known.found, mul(add(low, high), 0.5), high);
    return { low, high, probe, crossed: zerosLike(known.found) };
  });
  try {
    for (let i = 0; i < probes && (await goOn()); i++) {
      const next = tidy(() => steps.bisect(weights, problem, directions, bracket));
      dispose(bracket);
      bracket = next;
    }
    return tidy(() => {
      const shorter = clipToBox(problem.inputs, mul(perExample(bracket.high), directions), steps.bounds);
      return keepShorter(known, shorter, steps.geometry.lengths(shorter), bracket.crossed);
    });
  } finally {
    dispose(bracket);
  }
}

/** Brings the nearest known closer along its own rays, by at most a share of its length. The caller disposes the result. */
export async function polish(
  context: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  share: number,
  probes: number,
): Promise<Nearest> {
  const directions: Tensor4D = tidy(() => div(known.best, perExample(maximum(known.bestLengths, TINY))));
  try {
    return await shortenAlong(context, problem, known, directions, 1 - share, probes);
  } finally {
    directions.dispose();
  }
}

const cloneNearest = ({ best, bestLengths, found }: Nearest): Nearest => ({
  best: best.clone(),
  bestLengths: bestLengths.clone(),
  found: found.clone(),
});
