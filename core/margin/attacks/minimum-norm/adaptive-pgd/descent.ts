import { add, greaterEqual, minimum, mul, sub, where } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample, pointAt } from '../../../box.js';
import type { NormGeometry } from '../../../geometry.js';
import type { Loss } from '../../../losses.js';
import type { Classifier } from '../../../pgd-iteration.js';
import type { Bounds } from '../../../threat-model.js';
import { followedGradients } from '../../steps/followed-gradients.js';
import { keepShorter, type Nearest } from '../../steps/nearest.js';
import { scoredGradient } from '../../steps/scored-gradient.js';

/** By how much the radius shrinks below the best length on an iteration that does not succeed, in γ: enough to seek shorter ones all the time. */
const PATIENCE = 0.2;

/** Where a descent stands; batched. */
export type Descent = Nearest & {
  /** δ, [n, h, w, c], inside ball and box: tried next. */
  readonly perturbations: Tensor4D;
  /** r, [n]: the radius of each example's ball. */
  readonly radii: Tensor1D;
};

/** What a descent works on; batched. */
export type DescentProblem = {
  /** x, [n, h, w, c], inside the bounds. */
  readonly inputs: Tensor4D;
  /** y, [n] int32. */
  readonly classes: Tensor1D;
  /** A, [n, k] float32, 0 or 1: the classes that the search loss is over (see softMarginOver). */
  readonly rivals: Tensor2D;
  /** β, [n]: how sharply the search loss prefers the nearest of them. */
  readonly sharpness: Tensor1D;
};

/** How far an iteration goes. */
export type Stride = {
  /** α, in radii: the length of a step. */
  readonly step: Scalar;
  /** γ: by what share the radius grows or shrinks. */
  readonly adaptation: Scalar;
};

/** The losses of a descent: the search loss over rivals, ascended, and the one that is not negative where a point succeeds. */
export interface Objective {
  readonly search: (rivals: Tensor2D, sharpness: Tensor1D) => Loss;
  readonly success: Loss;
}

/** The gradient of the search loss at x + δ, as far as steps follow it, and whether x + δ succeeds: one forward and one backward evaluation. */
export function explore(
  classifier: Classifier,
  objective: Objective,
  geometry: NormGeometry,
  bounds: Bounds,
  { inputs, classes, rivals, sharpness }: DescentProblem,
  perturbations: Tensor4D,
): { gradients: Tensor4D; success: Tensor1D } {
  const loss = objective.search(rivals, sharpness);
  const points = pointAt(inputs, perturbations, bounds);
  const { gradients, logits } = scoredGradient(classifier, loss, points, classes);
  const followed = followedGradients(geometry, gradients, points, bounds);
  return { gradients: followed, success: greaterEqual(objective.success(logits, classes), 0) };
}

/**
 * One iteration of projected gradient ascent on a ball whose radius adapts at every iteration:
 *
 *     x + δ succeeds:    b ← δ if ‖δ‖ < ‖b‖;   r ← (1 − γ) ‖b‖
 *     it does not:       r ← min((1 + γ) r, (1 − γ/5) ‖b‖), ‖b‖ the largest length that counts while there is no b
 *     always:            δ ← Π_r(δ + α r · argmax_{‖u‖≤1} ⟨∇L(x + δ), u⟩)
 *
 * The paper's AN-PGD (Algorithm 1) searches one radius and then looks along one ray; letting the radius follow the boundary at each
 * iteration is from DDN (Rony et al. 2019, arXiv:1811.09600), here in any norm and relative to the best perturbation.
 *
 * One gradient evaluation. Pure, static shapes, no reads.
 *
 * @returns the next state; the caller disposes it
 */
export function descend(
  classifier: Classifier,
  objective: Objective,
  geometry: NormGeometry,
  bounds: Bounds,
  problem: DescentProblem,
  descent: Descent,
  { step, adaptation }: Stride,
): Descent {
  const { perturbations } = descent;
  const { gradients, success } = explore(classifier, objective, geometry, bounds, problem, perturbations);
  const { best, bestLengths, found } = keepShorter(descent, perturbations, geometry.lengths(perturbations), success);

  const patient: Tensor1D = mul(bestLengths, sub(1, mul(adaptation, PATIENCE)));
  const limit: Tensor1D = where(found, patient, bestLengths);
  const shrunk: Tensor1D = mul(bestLengths, sub(1, adaptation));
  const grown: Tensor1D = minimum(mul(descent.radii, add(1, adaptation)), limit);
  const radii: Tensor1D = where(success, shrunk, grown);

  const moved: Tensor4D = add(perturbations, mul(perExample(mul(radii, step)), geometry.steepestAscent(gradients)));
  return { perturbations: geometry.project(problem.inputs, moved, radii, bounds), radii, best, bestLengths, found };
}
