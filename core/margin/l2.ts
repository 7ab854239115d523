import { abs, add, div, max, maximum, minimum, mul, reshape, sqrt, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, perExample } from './box.js';
import type { NormGeometry } from './geometry.js';

/** Below this length a vector counts as zero; dividing by it instead of by the length keeps 0 / 0 from becoming NaN. */
const TINY = 1e-12;

/** The same for the largest element of a gradient, which may be far smaller where a classifier is saturated. */
const TINIEST = 1e-37;

const lengths = (perturbations: Tensor4D): Tensor1D =>
  sqrt(sum(square(reshape(perturbations, [perturbations.shape[0], -1])), 1));

/** δᵢ · min(1, rᵢ / ‖δᵢ‖₂). */
const scaleIntoBall = (perturbations: Tensor4D, radii: Tensor1D): Tensor4D =>
  mul(perturbations, perExample(minimum(div(radii, maximum(lengths(perturbations), TINY)), 1)));

/** ‖δ‖₂ = √Σⱼ δⱼ². */
export const l2: NormGeometry = {
  norm: 'l2',

  lengths,

  // ⟨g, u⟩ is largest over ‖u‖₂ ≤ 1 at u = g / ‖g‖₂. Divided by its largest element first: squares of 1e-23 and of 1e20 leave float32.
  steepestAscent: (gradients) => {
    const largest: Tensor1D = max(reshape(abs(gradients), [gradients.shape[0], -1]), 1);
    const scaled: Tensor4D = div(gradients, perExample(maximum(largest, TINIEST)));
    return div(scaled, perExample(maximum(lengths(scaled), TINY)));
  },

  // Clipping first and scaling then stays in the box, since scaling moves towards x, which is in it.
  project: (inputs, perturbations, radii, bounds) => scaleIntoBall(clipToBox(inputs, perturbations, bounds), radii),

  // A uniform image of the box minus x, scaled into the ball.
  randomStart: (inputs, radii, uniforms, bounds) => {
    const image = add(mul(uniforms, bounds.upper - bounds.lower), bounds.lower);
    return clipToBox(inputs, scaleIntoBall(sub(image, inputs), radii), bounds);
  },
};
