import { add, clipByValue, reshape, sub, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Bounds } from './threat-model.js';

/** [n] → [n, 1, 1, 1], to be broadcast over images. */
export const perExample = (values: Tensor1D): Tensor4D => reshape(values, [-1, 1, 1, 1]);

/** clip(x + δ): the point that a perturbation leads to. */
export const pointAt = (inputs: Tensor4D, perturbations: Tensor4D, bounds: Bounds): Tensor4D =>
  clipByValue(add(inputs, perturbations), bounds.lower, bounds.upper);

/** clip(x + δ) − x: the perturbation that stays in the box. */
export const clipToBox = (inputs: Tensor4D, perturbations: Tensor4D, bounds: Bounds): Tensor4D =>
  sub(pointAt(inputs, perturbations, bounds), inputs);
