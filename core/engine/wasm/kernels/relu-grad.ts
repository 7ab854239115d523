import { engine, registerGradient, Relu, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { bits } from './heap.js';
import { replacement } from './kernel.js';

const RELU_GRAD = 'ReluGrad';

/** dy where x > 0, else 0, in one pass; the stock gradient multiplies by a cast step, which takes three. */
export const reluGrad = replacement<{ readonly dy: TensorInfo; readonly x: TensorInfo }, undefined>(
  RELU_GRAD,
  () =>
    ({ inputs, backend }) => {
      const result = backend.makeOutput(inputs.dy.shape, 'float32');
      selectPositive(bits(backend, inputs.dy), bits(backend, inputs.x), bits(backend, result));
      return result;
    },
);

/** Float bits of dy where those of x are of a positive number, else of 0. */
function selectPositive(dy: Int32Array, x: Int32Array, dx: Int32Array): void {
  const size = dx.length;
  for (let i = 0; i < size; i++) {
    const value = x[i] as number;
    // As an integer a positive float is positive, and only then are the signs of both its negative and its complement set.
    dx[i] = (dy[i] as number) & ((~value & -value) >> 31);
  }
}

/** Makes the gradient of relu one kernel, differentiable itself. */
export function registerReluGradient(): void {
  const select = (dy: Tensor, x: Tensor): Tensor => engine().runKernel(RELU_GRAD, { dy, x });
  registerGradient({
    kernelName: Relu,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => select(dy as Tensor, saved[0] as Tensor) }),
  });
  registerGradient({
    kernelName: RELU_GRAD,
    inputsToSave: ['x'],
    gradFunc: (ddx, saved) => ({
      dy: () => select(ddx as Tensor, saved[0] as Tensor),
      x: () => zerosLike(saved[0] as Tensor),
    }),
  });
}
