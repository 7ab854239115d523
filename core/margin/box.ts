import {
  add,
  clipByValue,
  greaterEqual,
  lessEqual,
  maximum,
  minimum,
  mul,
  reshape,
  sub,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Bounds } from './threat-model.js';

/** [n] → [n, 1, 1, 1], to be broadcast over images. */
export const perExample = (values: Tensor1D): Tensor4D => reshape(values, [-1, 1, 1, 1]);

/** clip(x + δ): the point that a perturbation leads to. */
export const pointAt = (inputs: Tensor4D, perturbations: Tensor4D, bounds: Bounds): Tensor4D =>
  clipByValue(add(inputs, perturbations), bounds.lower, bounds.upper);

/** clip(x + δ) − x: the perturbation that stays in the box. */
export const clipToBox = (inputs: Tensor4D, perturbations: Tensor4D, bounds: Bounds): Tensor4D =>
  sub(pointAt(inputs, perturbations, bounds), inputs);

/** A uniform image of the box minus x, from uniform numbers in [0, 1). */
export const towardsRandomImage = (inputs: Tensor4D, uniforms: Tensor4D, { lower, upper }: Bounds): Tensor4D =>
  sub(add(mul(uniforms, upper - lower), lower), inputs);

/** ∇L where a value can follow it: 0 where it is at an end of the box, and its gradient points out of that. */
export function inwards(gradients: Tensor4D, points: Tensor4D, bounds: Bounds): Tensor4D {
  const none = zerosLike(gradients);
  const upwards: Tensor4D = where(greaterEqual(points, bounds.upper), none, maximum(gradients, 0));
  const downwards: Tensor4D = where(lessEqual(points, bounds.lower), none, minimum(gradients, 0));
  return add(upwards, downwards);
}
