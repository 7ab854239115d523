import { cast, clone, div, keep, mul, ones, sum, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap, TensorTree } from '../../core/engine/engine.js';
import { mapTree } from '../../core/engine/tensor-tree.js';
import { ALONE, type World } from '../../core/engine/world/world.js';
import { crossEntropy, type Loss } from '../../core/margin/losses.js';
import type { Model } from '../../core/model/model.js';
import { mapNamed } from './named.js';

/** One term of the objective. */
export interface ObjectiveTerm {
  readonly weight: number;
  /** CE where none is given. */
  readonly loss?: Loss | undefined;
  /** [n] bool; undefined: every example. */
  readonly counted?: Tensor1D | undefined;
  readonly world?: World | undefined;
}

/** What one pass in training mode gives; new tensors, which the caller disposes. */
export type TrainingPass = {
  /** (1/n) Σ_{counted} L, not weighted: this process's part of it. */
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
 *     weight · (1/n) Σ_{i counted} L(f(xᵢ), yᵢ)          L = CE in the paper
 *
 * The sum is divided by the whole batch, although examples that do not count add nothing. Where several processes have a part of the batch
 * each, n counts all of it, and losses and gradients are still to be added up over them. Pure.
 *
 * @param inputs [n, h, w, c]: the batch itself (clean term), or the points at δ* (margin term)
 * @param labels [n] int32
 */
export function trainingPass(
  model: Model,
  { weight, loss = crossEntropy, counted, world = ALONE }: ObjectiveTerm,
  parameters: TensorMap,
  statistics: TensorMap,
  inputs: Tensor4D,
  labels: Tensor1D,
): TrainingPass {
  const forward = (at: TensorMap) => {
    const after = model.apply(at, statistics, inputs, true, world);
    const mask = counted === undefined ? ones(labels.shape) : cast(counted, 'float32');
    const value: Scalar = div(sum(mul(loss(after.logits, labels), mask)), inputs.shape[0] * world.size);
    // Statistics that did not move are the caller's own tensors; a clone keeps the ownership of results uniform.
    return { loss: value, logits: after.logits, statistics: mapNamed(after.statistics, clone) };
  };
  if (weight === 0) return { ...forward(parameters), gradients: {} };
  const { gradients, rest } = gradientsOf(parameters, (at) => {
    const rest = forward(at);
    return { objective: mul(rest.loss, weight), rest };
  });
  return { ...rest, gradients };
}

/**
 * The gradients of a scalar of the parameters, by one forward and one backward pass, and what else the forward pass gives. Pure.
 *
 * @returns new tensors, which the caller disposes
 */
export function gradientsOf<Rest extends TensorTree>(
  parameters: TensorMap,
  forward: (parameters: TensorMap) => { readonly objective: Scalar; readonly rest: Rest },
): { readonly gradients: TensorMap; readonly rest: Rest } {
  // Gradients are taken of one scalar, and what else a forward pass gives is disposed with its tape unless it is kept.
  let kept: TensorTree = [];
  const names = Object.keys(parameters);
  const { value, grads } = valueAndGrads((...values: Tensor[]) => {
    const { objective, rest } = forward(Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor])));
    kept = mapTree<Tensor, Tensor>(rest, keep);
    return objective;
  })(names.map((name) => parameters[name] as Tensor));
  value.dispose();
  return {
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])),
    rest: mapTree<Tensor, Tensor>(kept, release) as Rest,
  };
}

/** Gives a kept tensor back to the scope that is open now. */
function release<T extends Tensor>(tensor: T): T {
  const scoped = clone(tensor);
  tensor.dispose();
  return scoped;
}
