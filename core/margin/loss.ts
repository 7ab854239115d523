import { cast, mul, oneHot, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** A loss of logits z [n, k ≥ 2] and labels y [n] (int32, 0 … k − 1): one value per example. */
export type Loss = (logits: Tensor2D, labels: Tensor1D) => Tensor1D;

/** So low that e^(z − max z) is 0 in float32, and finite, so that no gradient becomes ∞ − ∞. */
export const EXCLUDED = -1e30;

/** 1 at each example's class, 0 elsewhere: [n, k]. */
export const isClass = (classes: Tensor1D, count: number): Tensor2D =>
  cast(oneHot(classes, count), 'float32') as Tensor2D;

/** The one logit of each example that is chosen, [n]. */
export const pick = (logits: Tensor2D, chosen: Tensor2D): Tensor1D => sum(mul(logits, chosen), 1);
