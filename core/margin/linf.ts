import { abs, max, maximum, minimum, mul, neg, reshape, sign, sub, type Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, perExample } from './box.js';
import type { NormGeometry } from './geometry.js';

/** ‖δ‖∞ = maxⱼ |δⱼ|. */
export const linf: NormGeometry = {
  norm: 'linf',

  lengths: (perturbations) => max(reshape(abs(perturbations), [perturbations.shape[0], -1]), 1),

  // ⟨g, u⟩ is largest over |uⱼ| ≤ 1 at uⱼ = sign gⱼ.
  steepestAscent: (gradients) => sign(gradients),

  // Clipping to the ball and then to the box stays in both, since both are boxes.
  project: (inputs, perturbations, radii, bounds) => {
    const limit = perExample(radii);
    const inBall: Tensor4D = maximum(minimum(perturbations, limit), neg(limit));
    return clipToBox(inputs, inBall, bounds);
  },

  // Uniform in the ball, then clipped.
  randomStart: (inputs, radii, uniforms, bounds) =>
    clipToBox(inputs, mul(perExample(radii), sub(mul(uniforms, 2), 1)), bounds),
};
