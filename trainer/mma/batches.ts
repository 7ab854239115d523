import { tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Bounds } from '../../core/margin/threat-model.js';
import type { Examples } from '../data/dataset.js';
import { cropFlipped } from './augmentation.js';

/** What images are scaled to: a stored byte is 1/255 of it. */
export const IMAGE_BOUNDS: Bounds = { lower: 0, upper: 1 };

/**
 * The given examples as tensors; the caller disposes them.
 *
 * @param variants how each of them is varied, see {@link drawVariants}; undefined: they stay as they are
 */
export function gather(
  from: Examples,
  inputShape: readonly [number, number, number],
  examples: Uint32Array,
  variants?: Uint8Array,
): { readonly inputs: Tensor4D; readonly labels: Tensor1D } {
  const size = inputShape[0] * inputShape[1] * inputShape[2];
  const values = new Float32Array(examples.length * size);
  const labels = new Int32Array(examples.length);
  examples.forEach((example, i) => {
    const stored = from.images.subarray(example * size, (example + 1) * size);
    const variant = variants?.[i];
    const image = variant === undefined ? stored : cropFlipped(stored, inputShape, variant);
    for (let j = 0; j < size; j++) values[i * size + j] = (image[j] ?? 0) / 255;
    labels[i] = from.labels[example] ?? 0;
  });
  return {
    inputs: tensor4d(values, [examples.length, ...inputShape]),
    labels: tensor1d(labels, 'int32'),
  };
}

/**
 * 0 … count − 1 in batches of one size, so that what is compiled for that size serves them all: the last one is filled up with
 * repetitions, and `used` says how many of a batch are not.
 */
export function* inBatches(count: number, size: number): Generator<{ examples: Uint32Array; used: number }> {
  for (let first = 0; first < count; first += size) {
    const used = Math.min(size, count - first);
    yield { examples: Uint32Array.from({ length: size }, (_, i) => first + (i % used)), used };
  }
}
