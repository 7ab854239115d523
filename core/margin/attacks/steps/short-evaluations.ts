import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../engine/engine.js';

/** Iterations of one compiled call, where they are short. More would save little more, and take longer to compile. */
const ITERATIONS_TOGETHER = 4;

/**
 * Up to so many elements of a batch × weights, calls cost more than the evaluations in them. A convolution takes some fiftieth of so many
 * multiplications, as each element of its result sees few pixels.
 */
const SHORT = 4e8;

/** Whether evaluations of a model at a batch of inputs are so short that several of them should make one compiled call. */
export function areShort(weights: TensorMap, inputs: Tensor4D): boolean {
  return inputs.size * Object.values(weights).reduce((sum, { size }) => sum + size, 0) <= SHORT;
}

/**
 * How many of the iterations that are left make the next compiled call.
 *
 * @param together whether evaluations are short
 */
export function iterationsOfCall(together: boolean, left: number): number {
  return together && left >= ITERATIONS_TOGETHER ? ITERATIONS_TOGETHER : 1;
}
