import { add, div, maximum, minimum, mul, ones, where } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { clipToBox, perExample } from '../../box.js';
import { l2 } from '../../l2.js';
import { LEAST_LENGTH } from '../../scaling.js';
import type { ThreatModel } from '../../threat-model.js';
import type { Aim, AttackKind, MinimumNormAttack } from '../attack.js';
import { ascendedLoss } from '../steps/ball/ascended-loss.js';
import { definedNorm } from '../steps/defined-norm.js';
import { compileDescent, descentSearch, type DescentMethod } from '../steps/norm-descent.js';

const DDN_NORMS = ['l2'] as const;

/** ε₀ and α₁, in widths of the box; α falls to a hundredth: the defaults of its authors' implementation, as γ. */
const FIRST_RADIUS = 1;
const FIRST_STEP = 1;
const STEP_FALL = 100;

/** γ: by what share the radius grows or shrinks. */
const ADAPTATION = 0.05;

/**
 * Decoupled direction and norm (Rony et al. 2019, arXiv:1811.09600, Algorithm 1), from x:
 *
 *     ε ← (1 − γ) ε where δ succeeds, (1 + γ) ε otherwise
 *     δ ← δ + α ∇CE / ‖∇CE‖₂,   δ ← clip(x + ε δ / ‖δ‖₂) − x;   α falls along half a cosine
 *
 * One iteration costs one gradient evaluation. In the end the last δ is tried, and the shortest polished along its ray, by forward evaluations.
 *
 * Differs from Alg. 1: no quantisation of pixels, which would be undone by whoever does not quantise; the gradient of SLM in place of CE's, of
 * the same direction and not lost where CE is saturated, of logits brought to a spread (see sharpness.ts); α reaches its last value in the last
 * iteration, not after it; ε never exceeds the largest
 * length that counts.
 */
export const ddn: AttackKind<MinimumNormAttack> = {
  name: 'ddn',
  norms: DDN_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    definedNorm('ddn', DDN_NORMS, threat.norm);
    const steps = compileDescent(compile, classifier, threat, aim, methodOf(threat, aim));
    const first = FIRST_STEP * widthOf(threat);
    const schedules = [{ first, last: first / STEP_FALL }];
    return {
      name: 'ddn',
      find: (request) => descentSearch(steps, request, schedules),
    };
  },
};

const widthOf = ({ bounds }: ThreatModel): number => bounds.upper - bounds.lower;

function methodOf(threat: ThreatModel, aim: Aim): DescentMethod {
  return {
    loss: ({ sharpness }) => ascendedLoss('ce', aim, sharpness),
    firstRadii: ({ inputs, maxLength }) =>
      minimum(mul(maxLength, ones([inputs.shape[0]])), FIRST_RADIUS * widthOf(threat)),
    move: ({ inputs, maxLength }, { perturbations, radii }, { gradients, success }, strides) => {
      const [step] = strides as readonly [Scalar];
      const factors: Tensor1D = where(
        success,
        mul(ones(radii.shape), 1 - ADAPTATION),
        mul(ones(radii.shape), 1 + ADAPTATION),
      );
      const next: Tensor1D = minimum(mul(radii, factors), maxLength);
      const moved: Tensor4D = add(perturbations, mul(step, l2.steepestAscent(gradients)));
      const scales: Tensor1D = div(next, maximum(l2.lengths(moved), LEAST_LENGTH));
      return { perturbations: clipToBox(inputs, mul(moved, perExample(scales)), threat.bounds), radii: next };
    },
  };
}
