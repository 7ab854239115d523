import { sqrt, square } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, towardsRandomImage } from './box.js';
import type { NormGeometry } from './geometry.js';
import { totals } from './per-image.js';
import { drawnIntoBall, scaledToOne, unitVectors } from './scaling.js';

const lengths = (perturbations: Tensor4D): Tensor1D => sqrt(totals(square(perturbations)));

/** δᵢ · min(1, rᵢ / ‖δᵢ‖₂). */
const scaleIntoBall = (perturbations: Tensor4D, radii: Tensor1D): Tensor4D =>
  drawnIntoBall(perturbations, lengths(perturbations), radii);

/** ‖δ‖₂ = √Σⱼ δⱼ². */
export const l2: NormGeometry = {
  norm: 'l2',

  lengths,

  // ⟨g, u⟩ is largest over ‖u‖₂ ≤ 1 at u = g / ‖g‖₂. Divided by its largest element first: squares of 1e-23 and of 1e20 leave float32.
  steepestAscent: (gradients) => {
    const scaled = scaledToOne(gradients);
    return unitVectors(scaled, lengths(scaled));
  },

  // Clipping first and scaling then stays in the box, since scaling moves towards x, which is in it.
  project: (inputs, perturbations, radii, bounds) => scaleIntoBall(clipToBox(inputs, perturbations, bounds), radii),

  // A uniform image of the box minus x, scaled into the ball.
  randomStart: (inputs, radii, uniforms, bounds) =>
    clipToBox(inputs, scaleIntoBall(towardsRandomImage(inputs, uniforms, bounds), radii), bounds),
};
