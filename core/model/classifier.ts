import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import type { Model } from './model.js';

/** A model in evaluation mode: its parameters and statistics together, by name, and inputs [n, h, w, c] → logits [n, classes]. Pure. */
export const classifierOf =
  (model: Model) =>
  (weights: TensorMap, inputs: Tensor4D): Tensor2D =>
    model.apply(weights, weights, inputs, false).logits;
