import { abs, add, div, maximum, minimum, mul, ones, sub, where } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { inwards, pointAt } from '../../box.js';
import { DUAL_NORM, geometryOf } from '../../geometries.js';
import { l2 } from '../../l2.js';
import { logitMargin, reaching } from '../../losses.js';
import { LEAST_SLOPE } from '../../scaling.js';
import { ATTACK_NORMS, type AttackNorm, type ThreatModel } from '../../threat-model.js';
import type { Annealed } from '../steps/annealing.js';
import type { Aim, AttackKind, MinimumNormAttack } from '../attack.js';
import { compileDescent, descentSearch, type DescentMethod } from '../steps/norm-descent.js';

/**
 * α₁, in widths of the box, in ℓ2 whatever the norm; in ℓ∞ all values have to move. It falls to a hundredth. The numbers are those that AttackBench
 * (Cinà et al. 2025, arXiv:2404.19460) runs its authors' implementation with, as those of γ.
 */
const FIRST_STEP: Readonly<Record<AttackNorm, number>> = { linf: 10, l2: 1, l1: 1 };
const STEP_FALL = 100;

/** γ: by what share the radius grows or shrinks. */
const ADAPTATION: Annealed = { first: 0.05, last: 0.001 };

/**
 * Fast minimum-norm attack (Pintor et al. 2021, arXiv:2102.12827, Algorithm 1), from x, with LM as its loss:
 *
 *     r ← (1 + γ) (‖δ‖ₚ + |LM| / ‖∇LM‖_q)   while no δ has succeeded: just beyond where LM would be zero if it were linear
 *     r ← min((1 − γ) r, ‖b‖ₚ)              where δ succeeds, b the shortest that has
 *     r ← (1 + γ) r                         otherwise
 *     δ ← Π_r(δ + α ∇LM / ‖∇LM‖₂)           onto ball and box; α and γ fall along half a cosine
 *
 * One iteration costs one gradient evaluation. In the end the last δ is tried, and the shortest polished along its ray, by forward evaluations.
 *
 * Differs from Alg. 1: α and γ reach their last values in the last iteration, not after it; the radius never exceeds the largest length that
 * counts; in ℓ1 the projection is onto ball and box at once; and before the first success the gradient is measured without the values that the box
 * holds back, and the radius goes beyond the estimate by γ, because with many such values the estimates come ever closer to the boundary and never
 * reach it.
 */
export const fmn: AttackKind<MinimumNormAttack> = {
  name: 'fmn',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const steps = compileDescent(compile, classifier, threat, aim, methodOf(threat, aim));
    const first = FIRST_STEP[threat.norm] * (threat.bounds.upper - threat.bounds.lower);
    const schedules = [{ first, last: first / STEP_FALL }, ADAPTATION];
    return {
      name: 'fmn',
      find: (request) => descentSearch(steps, request, schedules),
    };
  },
};

function methodOf({ norm, bounds }: ThreatModel, aim: Aim): DescentMethod {
  const geometry = geometryOf(norm);
  const dual = geometryOf(DUAL_NORM[norm]);
  return {
    loss: () => (aim === 'untargeted' ? logitMargin : reaching(logitMargin)),
    firstRadii: ({ inputs, maxLength }) => mul(maxLength, ones([inputs.shape[0]])),
    move: (
      { inputs, maxLength },
      { perturbations, radii },
      { losses, gradients, success, lengths, nearest },
      strides,
    ) => {
      const [step, adaptation] = strides as readonly [Scalar, Scalar];
      const possible = inwards(gradients, pointAt(inputs, perturbations, bounds), bounds);
      const linear: Tensor1D = add(lengths, div(abs(losses), maximum(dual.lengths(possible), LEAST_SLOPE)));
      const shrunk: Tensor1D = minimum(mul(radii, sub(1, adaptation)), nearest.bestLengths);
      const grown: Tensor1D = mul(where(nearest.found, radii, linear), add(1, adaptation));
      const next: Tensor1D = minimum(where(success, shrunk, grown), maxLength);
      const moved: Tensor4D = add(perturbations, mul(step, l2.steepestAscent(gradients)));
      return { perturbations: geometry.project(inputs, moved, next, bounds), radii: next };
    },
  };
}
