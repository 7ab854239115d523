import { add, fill, matMul, mul, relu, reshape, sub, sum, tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';
import { createRandom } from '../../core/random.js';

const flat = (inputs: Tensor4D): Tensor2D => reshape(inputs, [inputs.shape[0], -1]);

/** z = W₂ᵀ relu(W₁ᵀ x + b) of [6, 6, 1] images: a classifier with curved boundaries. */
export const perceptron: WeightedClassifier = (weights, inputs) =>
  matMul(
    relu(add(matMul(flat(inputs), weights['first'] as Tensor2D), weights['bias'] as Tensor1D)),
    weights['second'] as Tensor2D,
  );

/** Random weights of a {@link perceptron}, and `count` random inputs in [0, 1]; the caller disposes them. */
export function perceptronTensors(seed: number, count: number, classes = 4) {
  const random = createRandom(seed);
  const normals = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
  return {
    weights: {
      first: tensor2d(normals(36 * 24, 0.5), [36, 24]),
      bias: tensor1d(normals(24, 0.5)),
      second: tensor2d(normals(24 * classes, 1), [24, classes]),
    },
    inputs: tensor<Rank.R4>(random.uniforms(count * 36), [count, 6, 6, 1]),
  };
}

/** z = 0: whatever the input, no class is larger than another. */
export const constantClassifier: WeightedClassifier = (_, inputs) => mul(matMul(flat(inputs), fill([36, 3], 1)), 0);

/** z₀ = 1, z₁ = 20 Σ relu(x − 0.6): flat, with a gradient of 0, wherever no value exceeds 0.6. */
export const flatClassifier: WeightedClassifier = (_, inputs) => {
  const raised = mul(sum(relu(sub(flat(inputs), 0.6)), 1, true), 20);
  return add(matMul(raised, tensor2d([0, 1], [1, 2])), tensor1d([1, 0]));
};
