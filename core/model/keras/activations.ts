import {
  abs,
  add,
  clipByValue,
  div,
  erf,
  exp,
  logSoftmax,
  minimum,
  mul,
  relu,
  sigmoid,
  softmax,
  softplus,
  sub,
  tanh,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Klambauer et al. 2017 (arXiv:1706.02515): the fixed point of mean 0 and variance 1. */
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

/** Keras' activations by name. Each is stated by kernels that every engine has, gradients included. */
const ACTIVATIONS = {
  linear: (x: Tensor) => x,
  relu: (x: Tensor) => relu(x),
  relu6: (x: Tensor) => minimum(relu(x), 6),
  elu: (x: Tensor) => exponentialUnit(x, 1),
  selu: (x: Tensor) => mul(exponentialUnit(x, SELU.alpha), SELU.scale),
  sigmoid: (x: Tensor) => sigmoid(x),
  hard_sigmoid: (x: Tensor) => clipByValue(add(mul(x, 0.2), 0.5), 0, 1),
  softplus: (x: Tensor) => softplus(x),
  softsign: (x: Tensor) => div(x, add(abs(x), 1)),
  tanh: (x: Tensor) => tanh(x),
  swish: (x: Tensor) => mul(x, sigmoid(x)),
  gelu: (x: Tensor) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)),
  mish: (x: Tensor) => mul(x, tanh(softplus(x))),
  softmax: (x: Tensor) => softmax(x),
  log_softmax: (x: Tensor) => logSoftmax(x),
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as readonly ActivationName[];

/** Those whose values are probabilities or their logarithms: no logits. */
export const PROBABILITIES: readonly string[] = ['softmax', 'log_softmax', 'sigmoid', 'hard_sigmoid'];

/** Applies an activation to each value, or softmax along the last axis. */
export const activate = (name: ActivationName, values: Tensor): Tensor => ACTIVATIONS[name](values);

/** x where x > 0, else α x. */
export const leaky = (values: Tensor, slope: Tensor | number): Tensor =>
  sub(relu(values), mul(relu(mul(values, -1)), slope));

/** x where x > 0, else α (eˣ − 1). */
function exponentialUnit(values: Tensor, alpha: number): Tensor {
  return add(relu(values), mul(sub(exp(minimum(values, 0)), 1), alpha));
}
