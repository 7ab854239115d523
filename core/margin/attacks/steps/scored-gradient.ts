import { clone, keep, sum, valueAndGrad } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Loss } from '../../losses.js';
import type { Classifier } from '../../pgd-iteration.js';

/** A loss at some points, its gradient there, and the logits. */
export type ScoredGradient = {
  /** L, [n]. */
  readonly losses: Tensor1D;
  /** ∇L of each example at its own point, [n, h, w, c]. */
  readonly gradients: Tensor4D;
  /** z, [n, k]. */
  readonly logits: Tensor2D;
};

/**
 * A loss, its gradient and the logits, by one forward and one backward evaluation. Pure.
 *
 * @param classes what the loss takes, [n] int32
 * @returns new tensors, which the caller disposes
 */
export function scoredGradient(
  classifier: Classifier,
  loss: Loss,
  points: Tensor4D,
  classes: Tensor1D,
): ScoredGradient {
  // Gradients are taken of one scalar, and what else a forward pass gives is disposed with its tape unless it is kept.
  let kept: { readonly losses: Tensor1D; readonly logits: Tensor2D } | undefined;
  const { value, grad } = valueAndGrad((at) => {
    const logits = classifier(at as Tensor4D);
    const losses = loss(logits, classes);
    kept = { losses: keep(losses), logits: keep(logits) };
    return sum(losses);
  })(points);
  value.dispose();
  const { losses, logits } = kept as unknown as { readonly losses: Tensor1D; readonly logits: Tensor2D };
  return { losses: released(losses), gradients: grad as Tensor4D, logits: released(logits) };
}

/** Gives a kept tensor back to the scope that is open now. */
function released<T extends Tensor>(tensor: T): T {
  const scoped = clone(tensor);
  tensor.dispose();
  return scoped;
}
