import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { geometryOf } from '../../../core/margin/geometries.js';
import type { MethodContext, SearchStart } from './training-method.js';

/** Searches that start anywhere in ball ∩ box, from one uniform number a value (paper, Algorithm 1). */
export function randomStart({ compile, config, bounds }: MethodContext, radii: SearchStart['radii']): SearchStart {
  const geometry = geometryOf(config.norm);
  return {
    radii,
    draw: (random, count) => random.uniforms(count),
    place: compile((inputs: Tensor4D, within: Tensor1D, uniforms: Tensor4D) =>
      geometry.randomStart(inputs, within, uniforms, bounds),
    ),
  };
}
