import { reshape, slice, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor2D, TensorContainer } from '@tensorflow/tfjs-core';

/** The strides of the iterations of one call, [count, m]. @param strides what each iteration of a run takes: rows of one length */
export const stridesOf = (strides: readonly (readonly number[])[], first: number, count: number): Tensor2D =>
  tensor2d(strides.slice(first, first + count).map((stride) => [...stride]));

/** As many iterations as there are rows of strides, [k, m], for compiled functions: what an iteration leaves but its result is disposed. */
export function iterateOver<S extends TensorContainer>(
  strides: Tensor2D,
  start: S,
  iterate: (state: S, stride: readonly Scalar[]) => S,
): S {
  const [count, width] = strides.shape;
  let state = start;
  for (let row = 0; row < count; row++) {
    const before = state;
    state = tidy(() => {
      const stride = Array.from({ length: width }, (_, column) =>
        reshape<Rank.R0>(slice(strides, [row, column], [1, 1]), []),
      );
      return iterate(before, stride);
    });
  }
  return state;
}
