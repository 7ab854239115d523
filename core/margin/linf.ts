import { abs, greater, less, maximum, minimum, mul, neg, sub, type Tensor4D } from '@tensorflow/tfjs-core';
import { asNumbers } from './as-numbers.js';
import { clipToBox, perExample } from './box.js';
import type { NormGeometry } from './geometry.js';
import { maxima } from './per-image.js';

/** ‖δ‖∞ = maxⱼ |δⱼ|. */
export const linf: NormGeometry = {
  norm: 'linf',

  lengths: (perturbations) => maxima(abs(perturbations)),

  // ⟨g, u⟩ is largest over |uⱼ| ≤ 1 at uⱼ = sign gⱼ. By comparisons, because Sign of tfjs-backend-wasm 4.22 is 0 up to about 1e-7: pixels with small
  // gradients, and saturated classifiers altogether, would not be attacked.
  steepestAscent: (gradients) => sub(asNumbers(greater(gradients, 0)), asNumbers(less(gradients, 0))),

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
