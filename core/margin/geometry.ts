import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Bounds, Norm } from './threat-model.js';

/** What an attack needs to know of a norm. All functions are pure and batched: images [n, h, w, c], numbers per example [n]. */
export interface NormGeometry {
  readonly norm: Norm;
  /** ‖δᵢ‖, [n]. */
  lengths(perturbations: Tensor4D): Tensor1D;
  /** argmax over ‖u‖ ≤ 1 of ⟨gᵢ, u⟩; 0 where the gradient is 0. */
  steepestAscent(gradients: Tensor4D): Tensor4D;
  /** Brings δ into the ball of each example's radius and x + δ into the box, in the order of Algorithm 1. */
  project(inputs: Tensor4D, perturbations: Tensor4D, radii: Tensor1D, bounds: Bounds): Tensor4D;
  /** A random perturbation in ball ∩ box, from uniform numbers in [0, 1) of the inputs' shape. */
  randomStart(inputs: Tensor4D, radii: Tensor1D, uniforms: Tensor4D, bounds: Bounds): Tensor4D;
}
