import { cast, clone, div, keep, mul, ones, sum, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../core/engine/engine.js';
import { ALONE, type World } from '../../core/engine/world/world.js';
import { crossEntropy } from '../../core/margin/losses.js';
import type { Model } from '../../core/model/model.js';
import { mapNamed } from './named.js';

/** What one pass in training mode gives; new tensors, which the caller disposes. */
export type TrainingPass = {
  /** (1/n) Σ_{counted} CE, not weighted: this process's part of it. */
  readonly loss: Scalar;
  /** [n, k]. */
  readonly logits: Tensor2D;
  /** Moved by this batch. */
  readonly statistics: TensorMap;
  /** This process's part of the gradients of `weight` times the loss, by the parameters' names; empty if the weight is 0. */
  readonly gradients: TensorMap;
};

/**
 * One term of the objective (paper, Eq. 7 and 8) and its gradient, by one forward pass in training mode and, unless its weight is 0, one
 * backward pass:
 *
 *     weight · (1/n) Σ_{i counted} CE(f(xᵢ), yᵢ)
 *
 * The sum is divided by the whole batch, although examples that do not count add nothing. Where several processes have a part of the batch
 * each, n counts all of it, and losses and gradients are still to be added up over them. Pure.
 *
 * @param inputs [n, h, w, c]: the batch itself (clean term), or the points at δ* (margin term)
 * @param labels [n] int32
 * @param counted [n] bool; undefined: every example
 */
export function trainingPass(
  model: Model,
  weight: number,
  parameters: TensorMap,
  statistics: TensorMap,
  inputs: Tensor4D,
  labels: Tensor1D,
  counted?: Tensor1D,
  world: World = ALONE,
): TrainingPass {
  const forward = (at: TensorMap) => {
    const after = model.apply(at, statistics, inputs, true, world);
    const mask = counted === undefined ? ones(labels.shape) : cast(counted, 'float32');
    const loss: Scalar = div(sum(mul(crossEntropy(after.logits, labels), mask)), inputs.shape[0] * world.size);
    // Statistics that did not move are the caller's own tensors; a clone keeps the ownership of results uniform.
    return { loss, logits: after.logits, statistics: mapNamed(after.statistics, clone) };
  };
  if (weight === 0) return { ...forward(parameters), gradients: {} };

  // Gradients are taken of one scalar, and what else a forward pass gives is disposed with its tape unless it is kept.
  let kept: Omit<TrainingPass, 'gradients'> | undefined;
  const names = Object.keys(parameters);
  const { grads } = valueAndGrads((...values: Tensor[]) => {
    const after = forward(Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor])));
    kept = { loss: keep(after.loss), logits: keep(after.logits), statistics: mapNamed(after.statistics, keep) };
    return mul(after.loss, weight);
  })(names.map((name) => parameters[name] as Tensor));
  const { loss, logits, statistics: moved } = kept as unknown as Omit<TrainingPass, 'gradients'>;
  return {
    loss: release(loss),
    logits: release(logits),
    statistics: mapNamed(moved, release),
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])),
  };
}

/** Gives a kept tensor back to the scope that is open now. */
function release<T extends Tensor>(tensor: T): T {
  const scoped = clone(tensor);
  tensor.dispose();
  return scoped;
}
