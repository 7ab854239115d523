import { add, div, less, maximum, minimum, mul, neg, ones, sub, where } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, perExample, pointAt } from '../../box.js';
import { geometryOf } from '../../geometries.js';
import { totals } from '../../per-image.js';
import { LEAST_LENGTH } from '../../scaling.js';
import type { ThreatModel } from '../../threat-model.js';
import { projectOntoHyperplane } from './hyperplane.js';
import { nothingFound, type Nearest } from './nearest.js';
import type { ScoredGradient } from './scored-gradient.js';

/** How far a step goes beyond the hyperplane (η), and how much it is drawn to x at most (α_max): its authors' numbers, as β. */
const EXTRAPOLATION = 1.05;
const MAX_BIAS = 0.1;

/** What stays of a perturbation that succeeds (β). */
const BACKWARD = 0.9;

/**
 * A step of the fast adaptive boundary attack (Croce and Hein 2020, arXiv:1907.02044, Algorithm 1), with π(·) the hyperplane on which f, linearised at
 * x + δ, is zero:
 *
 *     d₁ ← proj(x + δ; π),  d₂ ← proj(x; π)                       both in the box, shortest in the norm (see `projectOntoHyperplane`)
 *     α  ← min(‖d₁‖ / (‖d₁‖ + ‖d₂‖), α_max)
 *     δ  ← clip(x + (1 − α) (δ + η d₁) + α η d₂) − x
 *
 * @param perturbations δ, [n, h, w, c], inside the box
 * @param scored f and ∇f at x + δ
 * @returns the next δ, [n, h, w, c], inside the box; the caller disposes it
 */
export function stepToBoundary(
  { norm, bounds }: ThreatModel,
  inputs: Tensor4D,
  perturbations: Tensor4D,
  { losses, gradients }: Pick<ScoredGradient, 'losses' | 'gradients'>,
): Tensor4D {
  const geometry = geometryOf(norm);
  /** The shortest way from some points to where f has risen by some gaps; they may be negative. */
  const ontoBoundary = (points: Tensor4D, gaps: Tensor1D): Tensor4D => {
    const sides: Tensor1D = where(less(gaps, 0), mul(ones(gaps.shape), -1), ones(gaps.shape));
    return projectOntoHyperplane(norm, points, mul(gradients, perExample(sides)), mul(gaps, sides), bounds);
  };
  const along: Tensor1D = totals(mul(gradients, perturbations));
  const fromPoint = ontoBoundary(pointAt(inputs, perturbations, bounds), neg(losses));
  const fromInput = ontoBoundary(inputs, sub(along, losses));
  const [a, b] = [geometry.lengths(fromPoint), geometry.lengths(fromInput)];
  const bias = perExample(minimum(div(a, maximum(add(a, b), LEAST_LENGTH)), MAX_BIAS));
  const ahead: Tensor4D = add(perturbations, mul(fromPoint, EXTRAPOLATION));
  const drawn: Tensor4D = add(mul(sub(1, bias), ahead), mul(bias, mul(fromInput, EXTRAPOLATION)));
  return clipToBox(inputs, drawn, bounds);
}

/** The largest length that is remembered, of those that count. Steps go beyond the boundary, and the ray to what succeeds is bisected in the end. */
const REMEMBERED = 1.25;

/** Nothing known yet, for a search by such steps, whose ray is bisected in the end; the caller disposes it. */
export const nothingNear = (inputs: Tensor4D, maxLength: Scalar): Nearest =>
  nothingFound(inputs, mul(maxLength, REMEMBERED));

/** δ ← β δ where it succeeds, from where the next step leads to the boundary again. */
export const backFromSuccess = (perturbations: Tensor4D, succeeds: Tensor1D): Tensor4D =>
  where(perExample(succeeds), mul(perturbations, BACKWARD), perturbations);
