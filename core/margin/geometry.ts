import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { AttackNorm, Bounds } from './threat-model.js';

/** What an attack needs to know of a norm. All functions are pure and batched: images [n, h, w, c], numbers per example [n]. */
export interface NormGeometry {
  readonly norm: AttackNorm;
  /** ‖δᵢ‖, [n]. */
  lengths(perturbations: Tensor4D): Tensor1D;
  /** u of length 1 along which the loss ascends: argmax over ‖u‖ ≤ 1 of ⟨gᵢ, u⟩, in ℓ1 a direction near it (see l1.ts); 0 where the gradient is 0. */
  steepestAscent(gradients: Tensor4D): Tensor4D;
  /** Brings δ into the ball of each example's radius and x + δ into the box, in the order of Algorithm 1; in ℓ1 onto both at once. */
  project(inputs: Tensor4D, perturbations: Tensor4D, radii: Tensor1D, bounds: Bounds): Tensor4D;
  /** A random perturbation in ball ∩ box, from uniform numbers in [0, 1) of the inputs' shape. */
  randomStart(inputs: Tensor4D, radii: Tensor1D, uniforms: Tensor4D, bounds: Bounds): Tensor4D;
}
