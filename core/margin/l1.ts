import {
  abs,
  add,
  clipByValue,
  div,
  fill,
  greater,
  greaterEqual,
  maximum,
  minimum,
  mul,
  relu,
  sub,
} from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { asNumbers } from './as-numbers.js';
import { clipToBox, perExample, towardsRandomImage } from './box.js';
import type { NormGeometry } from './geometry.js';
import { maxima, totals } from './per-image.js';
import { drawnIntoBall, LEAST_ELEMENT, scaledToOne, unitVectors } from './scaling.js';
import type { Bounds } from './threat-model.js';

/** A step moves about so large a fraction of the values. */
const STEP_FRACTION = 0.05;

/** Halvings that find where so many values begin; that share need not be exact. */
const FRACTION_BITS = 12;

/** Halvings of a projection's multiplier: beyond these float32 tells nothing apart. */
const MULTIPLIER_BITS = 28;

const lengths = (perturbations: Tensor4D): Tensor1D => totals(abs(perturbations));

/**
 * The largest t of [0, largest) at which f(t) still exceeds a limit, for f that falls as t rises: built from the highest binary digit down.
 *
 * @returns t, from below, within 2⁻ᵇⁱᵗˢ · largest; 0 if it is nowhere so
 */
function lastAbove(exceeds: (t: Tensor1D) => Tensor1D, largest: Tensor1D, bits: number): Tensor1D {
  let t: Tensor1D = mul(largest, 0);
  for (let bit = 1; bit <= bits; bit++) {
    const step: Tensor1D = mul(largest, 2 ** -bit);
    t = add(t, mul(step, asNumbers(exceeds(add(t, step)))));
  }
  return t;
}

/**
 * Where the k largest of sizes in [0, 1] are, the largest of which is 1: 1 there, 0 elsewhere; at least one.
 *
 * @param counts k, [n], at least 1; of values that are equal to 2⁻¹² all are left out, if all are too many
 */
function largestValues(sizes: Tensor4D, counts: Tensor1D): Tensor4D {
  const ones: Tensor1D = maxima(sizes);
  const atLeast = (t: Tensor1D): Tensor4D => asNumbers(greaterEqual(sizes, perExample(t)));
  const threshold = lastAbove((t) => greater(totals(atLeast(t)), counts), ones, FRACTION_BITS);
  // One step further at most so many are left; but never none, since the largest equals 1.
  return atLeast(minimum(add(threshold, 2 ** -FRACTION_BITS), ones));
}

/**
 * A step of length 1 that moves k values equally far: u = s / ‖s‖₁, s = sign(g) at the k largest |g|, 0 elsewhere. 0 where the gradient is 0.
 *
 * @param counts k, [n], at least 1
 */
export function sparseAscent(gradients: Tensor4D, counts: Tensor1D): Tensor4D {
  const scaled = scaledToOne(gradients);
  const sizes = abs(scaled);
  const signs: Tensor4D = clipByValue(div(scaled, maximum(sizes, LEAST_ELEMENT)), -1, 1);
  const kept: Tensor4D = mul(signs, largestValues(sizes, counts));
  return unitVectors(kept, lengths(kept));
}

/** Values in a ball alone: δᵢ · min(1, rᵢ / ‖δᵢ‖₁). */
const scaleIntoBall = (perturbations: Tensor4D, radii: Tensor1D): Tensor4D =>
  drawnIntoBall(perturbations, lengths(perturbations), radii);

/**
 * The nearest point, in ℓ2, of {‖δ‖₁ ≤ r, x + δ in the box} to v. Since 0 is in the box that x moves in, the minimum of
 * ½(δⱼ − vⱼ)² + λ|δⱼ| is, value by value,
 *
 *     δⱼ = sign(vⱼ) · min(max(|vⱼ| − λ, 0), roomⱼ),   roomⱼ how far xⱼ can move towards vⱼ;
 *
 * ‖δ‖₁ falls as λ rises, so that λ ≥ 0 with ‖δ‖₁ = r is bisected (0 where ‖δ‖₁ ≤ r there already). Exact to float32.
 */
function projectOntoBoth(inputs: Tensor4D, perturbations: Tensor4D, radii: Tensor1D, bounds: Bounds): Tensor4D {
  const sizes = abs(perturbations);
  const rooms = abs(clipToBox(inputs, perturbations, bounds));
  const sizesAt = (multipliers: Tensor1D): Tensor4D => minimum(relu(sub(sizes, perExample(multipliers))), rooms);
  const exceeds = (multipliers: Tensor1D): Tensor1D => greater(lengths(sizesAt(multipliers)), radii);
  const largest = maxima(sizes);
  const below = lastAbove(exceeds, largest, MULTIPLIER_BITS);
  // From below the point would lie just outside of the ball.
  const outside = asNumbers(greater(lengths(rooms), radii));
  const multipliers: Tensor1D = add(below, mul(outside, mul(largest, 2 ** -MULTIPLIER_BITS)));
  const limits = sizesAt(multipliers);
  const signed: Tensor4D = mul(limits, clipByValue(div(perturbations, maximum(sizes, LEAST_ELEMENT)), -1, 1));
  return scaleIntoBall(clipToBox(inputs, signed, bounds), radii);
}

/** ‖δ‖₁ = Σⱼ |δⱼ|. */
export const l1: NormGeometry = {
  norm: 'l1',

  lengths,

  // ⟨g, u⟩ is largest over ‖u‖₁ ≤ 1 at u = sign(gⱼ) eⱼ, |gⱼ| the largest; but a step of one value is over once that is at an end of the box, and as
  // many gradients are needed as values have to move. Differs from it: u is g at its largest twentieth of values, 0 elsewhere, scaled to length 1.
  // The values move as far as their gradients are large, so that what the projection leaves of many steps is the few that gain most.
  steepestAscent: (gradients) => {
    const scaled = scaledToOne(gradients);
    const wanted = Math.max(1, STEP_FRACTION * (gradients.size / gradients.shape[0]));
    const kept: Tensor4D = mul(scaled, largestValues(abs(scaled), fill([gradients.shape[0]], wanted)));
    return unitVectors(kept, lengths(kept));
  },

  project: projectOntoBoth,

  // A uniform image of the box minus x, scaled into the ball.
  randomStart: (inputs, radii, uniforms, bounds) => {
    const inBall = scaleIntoBall(towardsRandomImage(inputs, uniforms, bounds), radii);
    return scaleIntoBall(clipToBox(inputs, inBall, bounds), radii);
  },
};
