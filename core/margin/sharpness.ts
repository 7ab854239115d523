import { div, maximum, ones, where, greater, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { spreadOf } from './losses.js';

/**
 * The spread of logits that soft losses are made for: so soft that they see all near classes, so sharp that they lead towards the nearest. Logits are
 * brought to the spread that they have at the unperturbed input, so that multiplying all of them by a number changes no search. Trained networks are
 * about there by themselves.
 */
const SPREAD = 16;

/** Beyond these the losses would leave float32. */
const MIN_SHARPNESS = 1e-20;
const MAX_SHARPNESS = 1e20;

/** β = 16 / (max z − min z), for the logits z of one unperturbed input; 1 where they are equal. */
export function sharpnessOf(logits: Float32Array): number {
  const spread = Math.max(...logits) - Math.min(...logits);
  return spread > 0 ? Math.min(Math.max(SPREAD / spread, MIN_SHARPNESS), MAX_SHARPNESS) : 1;
}

/** The same for logits [n, k] on the engine: [n]. */
export function sharpnessAt(logits: Tensor2D): Tensor1D {
  const spread = spreadOf(logits);
  const sharpness: Tensor1D = div(SPREAD, maximum(spread, SPREAD / MAX_SHARPNESS));
  return where(greater(spread, zerosLike(spread)), maximum(sharpness, MIN_SHARPNESS), ones(spread.shape));
}
