import {
  add,
  fill,
  greaterEqual,
  logicalOr,
  maximum,
  minimum,
  mul,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, perExample, pointAt } from './box.js';
import type { Loss } from './losses.js';
import type { Classifier } from './pgd-iteration.js';
import type { Bounds } from './threat-model.js';

/** The bracket of a search along the rays x + ηu, batched; all [n]. */
export type Bracket = {
  /** The largest η at which the loss was negative, or 0. */
  readonly low: Tensor1D;
  /** The smallest η at which the loss was not negative, or the end of the ray. */
  readonly high: Tensor1D;
  /** The η to try next. */
  readonly probe: Tensor1D;
  /** Whether the loss was not negative at `high` (bool): if not, nothing on the ray is known to succeed. */
  readonly crossed: Tensor1D;
};

/** The bracket before the first bisection: [0, end], probing `first` [n]. The caller disposes it. */
export function openBracket(first: Tensor1D, end: number): Bracket {
  return {
    low: zerosLike(first),
    high: fill(first.shape, end),
    probe: first.clone(),
    crossed: zeros(first.shape, 'bool'),
  };
}

/**
 * One bisection of the zero of L(clip(x + ηu)) in η (Algorithm 1, step 2).
 *
 * One forward evaluation. Pure, static shapes, no reads. The loss need not be monotone along the ray: `high` has been tried, whatever
 * lies below it. What is tried is the point that the clipped perturbation leads to, x + (clip(x + ηu) − x), as whoever is given the
 * perturbation computes it: in float32 it may differ from clip(x + ηu) in the last place.
 *
 * @param directions u, [n, h, w, c]
 * @returns the next bracket; the caller disposes it
 */
export function bisectOnce(
  classifier: Classifier,
  loss: Loss,
  bounds: Bounds,
  inputs: Tensor4D,
  labels: Tensor1D,
  directions: Tensor4D,
  bracket: Bracket,
): Bracket {
  const perturbations = clipToBox(inputs, mul(perExample(bracket.probe), directions), bounds);
  const points = pointAt(inputs, perturbations, bounds);
  const success = greaterEqual(loss(classifier(points), labels), 0);
  const low: Tensor1D = where(success, bracket.low, maximum(bracket.low, bracket.probe));
  const high: Tensor1D = where(success, minimum(bracket.high, bracket.probe), bracket.high);
  const probe: Tensor1D = mul(add(low, high), 0.5);
  return { low, high, probe, crossed: logicalOr(bracket.crossed, success) };
}
