import { dispose, div, mul, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import type { AttackSteps } from './attack-steps.js';
import { openBracket, type Bracket } from './bisection.js';
import { clipToBox, perExample } from './box.js';
import { neverStop, type ShouldContinue } from './pace.js';
import type { Bounds } from './threat-model.js';

/** PGD's step is this many radii, divided by the number of iterations (paper, Algorithm 1). */
const STEP_SCALE = 2.5;

/** What AN-PGD takes; tensors stay the caller's. */
export interface AnPgdRequest {
  readonly weights: TensorMap;
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** y, [n] int32. */
  readonly labels: Tensor1D;
  /** ε₀ > 0, [n]: the radius that PGD searches, each example's last margin estimate. */
  readonly radii: Tensor1D;
  /** δ₀, [n, h, w, c]: a random start inside ball and box. */
  readonly start: Tensor4D;
  /** The end of the ray, in units of its direction: 1.05 d_max in the paper. */
  readonly maxRadius: number;
  /** α > 0, [n]: the length of PGD's steps; not given: 2.5 ε₀ / N (Algorithm 1). */
  readonly stepSizes?: Tensor1D;
  /** β, [n] (see `PgdState`). */
  readonly sharpness?: Tensor1D;
  /** N ≥ 1. */
  readonly iterations: number;
  /** At least 1. */
  readonly bisections: number;
  readonly shouldContinue?: ShouldContinue;
}

/** What AN-PGD found; the caller disposes the tensors. */
export type AnPgdResult = {
  /** η, [n]: the multiplier of u = δ_PGD / ε₀ at which the loss has crossed zero; `maxRadius` if it has not. The next visit's ε₀. */
  readonly radii: Tensor1D;
  /** clip(x + ηu) − x, [n, h, w, c]. */
  readonly perturbations: Tensor4D;
  /** Whether the crossing loss is known to be ≥ 0 at `perturbations`, [n] bool; if not, nothing was found. */
  readonly crossed: Tensor1D;
};

/** α = 2.5 ε / N, [n]: the length of PGD's steps (Algorithm 1, step 1). The caller disposes it. */
export const stepSizesOf = (radii: Tensor1D, iterations: number): Tensor1D => mul(radii, STEP_SCALE / iterations);

/** u = δ / ε₀, [n, h, w, c]: the direction that is bisected (Algorithm 1, step 2). The caller disposes it. */
export const rayOf = (perturbations: Tensor4D, radii: Tensor1D): Tensor4D => div(perturbations, perExample(radii));

/** What a bracket along the rays x + ηu has found (Algorithm 1, step 3). The caller disposes it. */
export const anPgdResult = (
  inputs: Tensor4D,
  directions: Tensor4D,
  { high, crossed }: Bracket,
  bounds: Bounds,
): AnPgdResult => ({
  radii: high.clone(),
  perturbations: clipToBox(inputs, mul(perExample(high), directions), bounds),
  crossed: crossed.clone(),
});

/**
 * PGD at fixed radii from a given start: `iterations` gradient evaluations, fewer if `shouldContinue` stops it.
 *
 * @returns δ, [n, h, w, c], inside ball and box; the caller disposes it
 */
export async function runPgd(
  steps: Pick<AttackSteps, 'iterate'>,
  request: Omit<AnPgdRequest, 'maxRadius' | 'bisections'>,
): Promise<Tensor4D> {
  const { weights, inputs, labels, radii, sharpness, iterations, shouldContinue = neverStop } = request;
  const stepSizes = tidy(() => request.stepSizes?.clone() ?? stepSizesOf(radii, iterations));
  const fixed = { inputs, labels, radii, stepSizes, ...(sharpness && { sharpness }) };
  let perturbations: Tensor4D = request.start.clone();
  try {
    for (let i = 0; i < iterations && (await shouldContinue()); i++) {
      const next = tidy(() => steps.iterate(weights, { ...fixed, perturbations }));
      perturbations.dispose();
      perturbations = next;
    }
    return perturbations.clone();
  } finally {
    dispose([stepSizes, perturbations]);
  }
}

/**
 * Adaptive-norm PGD, an approximation of the shortest successful perturbation δ* (paper, Algorithm 1):
 *
 *     1.  δ₁ ← PGD on the search loss at radius ε₀, N iterations of 2.5 ε₀ / N from the start
 *     2.  u ← δ₁ / ε₀;   η ← the zero of the crossing loss at clip(x + ηu), by bisection of [0, maxRadius], first probe ε₀
 *     3.  δ* ← clip(x + ηu) − x
 *
 * Differs from Alg. 1: the failing side of the last bracket is returned, not its midpoint, because the midpoint is not known to be
 * adversarial; and a ray on which nothing succeeds is reported as not crossed, not as a margin of 1.05 d_max.
 *
 * Costs `iterations` gradient and `bisections` forward evaluations.
 */
export async function runAnPgd(steps: AttackSteps, request: AnPgdRequest): Promise<AnPgdResult> {
  const reached = await runPgd(steps, request);
  try {
    return await alongRays(steps, request, reached);
  } finally {
    reached.dispose();
  }
}

/** AN-PGD's second half: bisections of the rays that PGD ended on. @param reached δ₁, [n, h, w, c] */
export async function alongRays(
  steps: Pick<AttackSteps, 'bisect' | 'bounds'>,
  request: Omit<AnPgdRequest, 'start' | 'stepSizes' | 'iterations'>,
  reached: Tensor4D,
): Promise<AnPgdResult> {
  const { weights, inputs, labels, radii, maxRadius, bisections, shouldContinue = neverStop } = request;
  const directions = tidy(() => rayOf(reached, radii));
  let bracket = tidy(() => openBracket(radii, maxRadius));
  try {
    for (let i = 0; i < bisections && (await shouldContinue()); i++) {
      const next = tidy(() => steps.bisect(weights, inputs, labels, directions, bracket));
      dispose(bracket);
      bracket = next;
    }
    return tidy(() => anPgdResult(inputs, directions, bracket, steps.bounds));
  } finally {
    directions.dispose();
    dispose(bracket);
  }
}
