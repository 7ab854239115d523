import { abs, add, clipByValue, div, exp, greater, less, maximum, minimum, mul, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { asNumbers } from '../../as-numbers.js';
import { clipToBox, perExample } from '../../box.js';
import { totals } from '../../per-image.js';
import { largestElements, LEAST_ELEMENT, LEAST_LENGTH } from '../../scaling.js';
import type { AttackNorm, Bounds } from '../../threat-model.js';

/** A multiplier is looked for up to 2⁶³ of what it would be without the box: values that the hyperplane hardly depends on move last. */
const DOUBLING_BITS = 6;

/** Halvings then: beyond these float32 tells nothing apart. */
const FRACTION_BITS = 24;

/** How far values can move, and how much of the hyperplane's distance each unit of a move gains. */
interface Moves {
  /** |wⱼ| / maxⱼ |wⱼ|. */
  readonly gains: Tensor4D;
  /** How far xⱼ can move in the direction of wⱼ, ≥ 0. */
  readonly rooms: Tensor4D;
  /** g / maxⱼ |wⱼ|, ≥ 0: what the moves have to gain. */
  readonly gap: Tensor1D;
}

/** How long the moves are, [n, h, w, c], so that the gap is closed, or, where the box does not let it be, all rooms. */
const SIZES: Readonly<Record<AttackNorm, (moves: Moves) => Tensor4D>> = {
  // sⱼ = min(λ, roomⱼ): all values move alike.
  linf: (moves) => sizesAlong(moves, asNumbers(greater(moves.gains, 0))),
  // sⱼ = min(λ |wⱼ|, roomⱼ).
  l2: (moves) => sizesAlong(moves, moves.gains),
  l1: fewest,
};

/**
 * The nearest point of a hyperplane in the box (Croce and Hein 2020, arXiv:1907.02044, section 3.1):
 *
 *     argmin ‖δ‖ₚ  s.t.  ⟨w, δ⟩ = g,  x + δ in the box
 *
 * By bisection of the one multiplier that all values share, in a fixed number of steps: ⟨w, δ(λ)⟩ grows with λ. Where the box holds no point of
 * the hyperplane, δ goes as far towards it as the box lets it. Where g ≤ 0 it is 0.
 *
 * @param normals w, [n, h, w, c]
 * @param gaps g, [n]: how far ⟨w, ·⟩ is below the hyperplane at x
 * @returns δ, [n, h, w, c], to float32's accuracy of g; the caller disposes it
 */
export function projectOntoHyperplane(
  norm: AttackNorm,
  inputs: Tensor4D,
  normals: Tensor4D,
  gaps: Tensor1D,
  bounds: Bounds,
): Tensor4D {
  const largest = largestElements(normals);
  const scaled: Tensor4D = div(normals, perExample(largest));
  const upwards: Tensor4D = asNumbers(greater(scaled, 0));
  const downwards: Tensor4D = asNumbers(less(scaled, 0));
  const rooms: Tensor4D = maximum(
    add(mul(upwards, sub(bounds.upper, inputs)), mul(downwards, sub(inputs, bounds.lower))),
    0,
  );
  const gap: Tensor1D = maximum(div(gaps, largest), 0);
  const sizes = SIZES[norm]({ gains: abs(scaled), rooms, gap });
  return clipToBox(inputs, mul(sizes, sub(upwards, downwards)), bounds);
}

/** sⱼ = min(λ aⱼ, roomⱼ), the least λ at which Σ |wⱼ| sⱼ is the gap. Without rooms that is gap / Σ |wⱼ| aⱼ, and it is no less with them. */
function sizesAlong({ gains, rooms, gap }: Moves, shape: Tensor4D): Tensor4D {
  const unbound: Tensor1D = div(gap, maximum(totals(mul(gains, shape)), LEAST_LENGTH));
  const sizesAt = (multipliers: Tensor1D): Tensor4D => minimum(mul(perExample(multipliers), shape), rooms);
  const isShort = (multipliers: Tensor1D): Tensor1D => asNumbers(less(totals(mul(gains, sizesAt(multipliers))), gap));
  const doubled = (doublings: Tensor1D): Tensor1D => mul(unbound, exp(mul(doublings, Math.LN2)));
  let doublings: Tensor1D = mul(gap, 0);
  for (let bit = DOUBLING_BITS - 1; bit >= 0; bit--) {
    const more: Tensor1D = add(doublings, 2 ** bit);
    doublings = add(doublings, mul(isShort(doubled(more)), 2 ** bit));
  }
  const low = doubled(doublings);
  let fraction: Tensor1D = mul(gap, 0);
  for (let bit = 1; bit <= FRACTION_BITS; bit++) {
    const more: Tensor1D = add(fraction, 2 ** -bit);
    fraction = add(fraction, mul(isShort(mul(low, add(more, 1))), 2 ** -bit));
  }
  return sizesAt(mul(low, add(fraction, 1 + 2 ** -FRACTION_BITS)));
}

/** The values that gain most move first, as far as there is room; those at the threshold share what is left of the gap. */
function fewest({ gains, rooms, gap }: Moves): Tensor4D {
  const potential = mul<Tensor4D>(gains, rooms);
  const above = (thresholds: Tensor1D): Tensor4D => asNumbers(greater(gains, perExample(thresholds)));
  const gainAbove = (thresholds: Tensor1D): Tensor1D => totals(mul(potential, above(thresholds)));
  // The largest threshold above which the values gain at least the gap; below 2⁻ᵇⁱᵗˢ of the largest none is told from 0.
  let threshold: Tensor1D = mul(gap, 0);
  for (let bit = 1; bit <= FRACTION_BITS; bit++) {
    const more: Tensor1D = add(threshold, 2 ** -bit);
    const enough = sub<Tensor1D>(1, asNumbers(less(gainAbove(more), gap)));
    threshold = add(threshold, mul(enough, 2 ** -bit));
  }
  const first = above(add(threshold, 2 ** -FRACTION_BITS));
  const last: Tensor4D = sub(above(threshold), first);
  const left: Tensor1D = sub(gap, totals(mul(potential, first)));
  const fraction: Tensor1D = clipByValue(div(left, maximum(totals(mul(potential, last)), LEAST_ELEMENT)), 0, 1);
  return mul(rooms, add(first, mul(last, perExample(fraction))));
}
