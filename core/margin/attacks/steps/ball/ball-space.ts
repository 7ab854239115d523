import { mul } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../../box.js';
import { geometryOf } from '../../../geometries.js';
import type { NormGeometry } from '../../../geometry.js';
import { fractionInBall } from '../../../scaling.js';
import type { ThreatModel } from '../../../threat-model.js';
import { WITHIN } from '../success.js';
import type { BallSpace } from './ball-method.js';

/** Where perturbations of a threat model may lie. */
export function ballSpace({ norm, bounds }: ThreatModel): BallSpace {
  const geometry = geometryOf(norm);
  return {
    geometry,
    bounds,
    project: ({ inputs, radii }, perturbations) =>
      norm === 'l1'
        ? geometry.project(inputs, perturbations, mul(radii, WITHIN), bounds)
        : within(geometry, geometry.project(inputs, perturbations, radii, bounds), radii),
    randomStart: ({ inputs, radii }, uniforms) =>
      within(geometry, geometry.randomStart(inputs, radii, uniforms, bounds), radii),
  };
}

/**
 * Brings what has been projected into ball and box in float64 too. In float32 clip(x + δ) − x is off by the rounding of x + δ, which counts where ε
 * is far smaller than x, and lengths by that of their sums. Scaling towards x stays in the box. In ℓ1 the ball is made smaller instead: scaling would
 * draw back from the ends of the box the values that a step is to leave alone there.
 */
function within(geometry: NormGeometry, perturbations: Tensor4D, radii: Tensor1D): Tensor4D {
  const fraction = fractionInBall(geometry.lengths(perturbations), radii);
  return mul(perturbations, perExample(mul(fraction, WITHIN)));
}
