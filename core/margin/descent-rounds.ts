import { add, dispose, div, maximum, mul, scalar, tidy, where, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import { strideAt } from './adaptive-pgd-plan.js';
import type { Bracket } from './bisection.js';
import { clipToBox, perExample } from './box.js';
import { keepShorter, nothingFound, type Descent, type DescentProblem, type Nearest } from './descent.js';
import type { DescentSteps } from './descent-steps.js';

/** Below this length a perturbation counts as zero, and has no direction. */
const TINY = 1e-12;

/** How much nearer the next probe of a ray is while none has succeeded. */
const STEP_BACK = 0.6;

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
 * One round of descent. While it runs it knows nothing of what was found before, so that a start of its own can lead elsewhere.
 *
 * @param start disposed, whatever happens
 * @returns the nearest then, for the caller to dispose, and the gradient evaluations spent
 */
export async function descendFrom(
  { steps, weights, maxLength, goOn }: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  start: RoundStart,
  iterations: number,
): Promise<{ found: Nearest; spent: number }> {
  let descent: Descent = { ...start, ...tidy(() => nothingFound(problem.inputs, maxLength)) };
  let spent = 0;
  try {
    while (spent < iterations && (await goOn())) {
      const stride = strideAt(steps.geometry.norm, spent, iterations);
      const next = tidy(() => steps.iterate(weights, problem, descent, scalar(stride.step), scalar(stride.adaptation)));
      dispose(descent);
      descent = next;
      spent += 1;
    }
    // A round that was stopped has no time left to try where it stands.
    const found = tidy(() => {
      const own = spent === iterations ? steps.tryLast(weights, problem, descent) : descent;
      return keepShorter(known, own.best, own.bestLengths, own.found);
    });
    return { found, spent };
  } finally {
    dispose(descent);
  }
}

/**
 * Searches the ray of steepest ascent at x, up to what is known to succeed: one gradient evaluation, and a forward evaluation a probe.
 *
 * @returns the nearest then, for the caller to dispose
 */
export async function searchRay(
  context: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  probes: number,
): Promise<Nearest> {
  const { steps, weights } = context;
  const directions = tidy(() => steps.geometry.steepestAscent(steps.gradientsAtInputs(weights, problem)));
  try {
    return await shortenAlong(context, problem, known, directions, 0, probes, true);
  } finally {
    directions.dispose();
  }
}

/**
 * Bisects between a share of the known lengths and the lengths themselves, along rays, and keeps what succeeds and is shorter.
 *
 * @param directions u, [n, h, w, c], of length 1 or 0
 * @param endFirst try the far end first, then nearer points until one succeeds: beyond the boundary there may be another one
 * @returns the nearest then, for the caller to dispose
 */
async function shortenAlong(
  { steps, weights, goOn }: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  directions: Tensor4D,
  lowShare: number,
  probes: number,
  endFirst: boolean,
): Promise<Nearest> {
  let bracket: Bracket = tidy(() => {
    const high = known.bestLengths.clone();
    const low: Tensor1D = mul(high, lowShare);
    const probe: Tensor1D = endFirst ? high.clone() : mul(add(low, high), 0.5);
    return { low, high, probe, crossed: zerosLike(known.found) };
  });
  try {
    for (let i = 0; i < probes && (await goOn()); i++) {
      const next = tidy(() => {
        const halved = steps.bisect(weights, problem, directions, bracket);
        return endFirst ? stepBack(bracket, halved) : halved;
      });
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

/** The bracket after a bisection, but where nothing has succeeded yet: there the next probe is nearer, and what lies below stays open. */
function stepBack(before: Bracket, after: Bracket): Bracket {
  const low: Tensor1D = where(after.crossed, after.low, before.low);
  const probe: Tensor1D = where(after.crossed, after.probe, mul(before.probe, STEP_BACK));
  return { low, high: after.high, probe, crossed: after.crossed };
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
    return await shortenAlong(context, problem, known, directions, 1 - share, probes, false);
  } finally {
    directions.dispose();
  }
}
