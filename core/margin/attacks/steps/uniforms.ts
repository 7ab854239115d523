import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../random.js';

/** Uniform numbers in [0, 1) of the inputs' shape, each input's from its own source. The caller disposes them. */
export function uniformsOf(inputs: Tensor4D, randoms: readonly Random[]): Tensor4D {
  const size = inputs.size / inputs.shape[0];
  const values = new Float32Array(inputs.size);
  for (const [index, random] of randoms.entries()) values.set(random.uniforms(size), index * size);
  return tensor4d(values, inputs.shape);
}
