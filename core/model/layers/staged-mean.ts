import { mean, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The mean over several axes, one after the other.
 *
 * The wasm engine adds up in float32, one value after the other: over a whole image or batch that costs three of seven digits. In stages the
 * rounding error grows with the longest axis, not with the number of values.
 *
 * @returns the means, the axes kept with extent 1
 */
export function stagedMean(values: Tensor, axes: readonly number[]): Tensor {
  return axes.reduce((means: Tensor, axis) => mean(means, axis, true), values);
}
