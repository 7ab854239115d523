import {
  add,
  concat,
  greaterEqual,
  lessEqual,
  logicalAnd,
  logicalOr,
  minimum,
  mul,
  ones,
  reshape,
  slice,
  sub,
  valueAndGrad,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample, pointAt } from './box.js';
import type { NormGeometry } from './geometry.js';
import type { Loss } from './losses.js';
import type { Classifier } from './pgd.js';
import type { Bounds } from './threat-model.js';

/** By how much the radius shrinks below the best length on an iteration that does not succeed, in γ: enough to seek shorter ones all the time. */
const PATIENCE = 0.2;

/** The shortest perturbations known to succeed; batched. */
export type Nearest = {
  /** b, [n, h, w, c]; 0 if none is known. */
  readonly best: Tensor4D;
  /** ‖b‖, [n]; the largest length that counts if none is known. */
  readonly bestLengths: Tensor1D;
  /** Whether one is known, [n] bool. */
  readonly found: Tensor1D;
};

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

/** The losses of a descent: the search loss over rivals, climbed, and the one that is not negative where a point succeeds. */
export interface Objective {
  readonly search: (rivals: Tensor2D, sharpness: Tensor1D) => Loss;
  readonly success: Loss;
}

/** Nothing known yet, up to a length; the caller disposes it. */
export function nothingFound(inputs: Tensor4D, maxLength: Scalar): Nearest {
  const count = inputs.shape[0];
  return { best: zeros(inputs.shape), bestLengths: mul(maxLength, ones([count])), found: zeros([count], 'bool') };
}

/** The gradient of the search loss at x + δ, and whether x + δ succeeds: one forward and one backward evaluation. */
export function explore(
  classifier: Classifier,
  objective: Objective,
  bounds: Bounds,
  { inputs, classes, rivals, sharpness }: DescentProblem,
  perturbations: Tensor4D,
): { gradients: Tensor4D; success: Tensor1D } {
  const [count, classCount] = rivals.shape;
  const loss = objective.search(rivals, sharpness);
  // Loss and logits leave as one tensor, weighted 1 and 0 in the backward pass, so that one forward pass serves both.
  const scored = (points: Tensor4D): Tensor2D => {
    const logits = classifier(points);
    return concat([reshape(loss(logits, classes), [count, 1]), logits], 1);
  };
  const weights: Tensor2D = concat([ones([count, 1]), zeros([count, classCount])], 1);
  const { value, grad } = valueAndGrad(scored)(pointAt(inputs, perturbations, bounds), weights);
  const logits = slice(value, [0, 1], [count, classCount]);
  return { gradients: grad, success: greaterEqual(objective.success(logits, classes), 0) };
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
  const { gradients, success } = explore(classifier, objective, bounds, problem, perturbations);
  const { best, bestLengths, found } = keepShorter(descent, perturbations, geometry.lengths(perturbations), success);

  const patient: Tensor1D = mul(bestLengths, sub(1, mul(adaptation, PATIENCE)));
  const limit: Tensor1D = where(found, patient, bestLengths);
  const shrunk: Tensor1D = mul(bestLengths, sub(1, adaptation));
  const grown: Tensor1D = minimum(mul(descent.radii, add(1, adaptation)), limit);
  const radii: Tensor1D = where(success, shrunk, grown);

  const moved: Tensor4D = add(perturbations, mul(perExample(mul(radii, step)), geometry.steepestAscent(gradients)));
  return { perturbations: geometry.project(problem.inputs, moved, radii, bounds), radii, best, bestLengths, found };
}

/** What is best once δ with its length and success is known too. */
export function keepShorter(known: Nearest, perturbations: Tensor4D, lengths: Tensor1D, success: Tensor1D): Nearest {
  const shorter: Tensor1D = logicalAnd(success, lessEqual(lengths, known.bestLengths));
  const best: Tensor4D = where(perExample(shorter), perturbations, known.best);
  const bestLengths: Tensor1D = where(shorter, lengths, known.bestLengths);
  const found: Tensor1D = logicalOr(known.found, shorter);
  return { best, bestLengths, found };
}
