import {
  add,
  div,
  greaterEqual,
  less,
  maximum,
  mul,
  neg,
  ones,
  relu,
  reshape,
  slice,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { clipToBox, perExample, pointAt } from '../../box.js';
import { DUAL_NORM, geometryOf } from '../../geometries.js';
import { beyondRounding, logitMargin, roundingAllowance, softMarginOver, spreadOf } from '../../losses.js';
import { LEAST_SLOPE } from '../../scaling.js';
import { NORMS, type Norm, type ThreatModel } from '../../threat-model.js';
import { backFromSuccess, nothingNear, stepToBoundary } from '../steps/adaptive-boundary.js';
import type { AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../attack.js';
import { definedNorm } from '../steps/defined-norm.js';
import { keepShorter, type Nearest } from '../steps/nearest.js';
import { compilePolish, type RaySearch } from '../steps/rays.js';
import { rankedRivals } from '../steps/rivals.js';
import { scoredGradient } from '../steps/scored-gradient.js';
import { runSearch, type SearchCall, type SearchProblem } from '../steps/search-runs.js';
import { successOf } from '../steps/success.js';

/** Iterations that look at every class are over after so many (its authors' implementation, as the classes and η), or after this fraction of the budget. */
const MAX_ITERATIONS = 50;
const WHOLE_FRACTION = 1 / 3;

/** From so many of the others on, half of them begin at x again. */
const TWO_RUNS = 60;

/** A budget that is smaller than so many iterations of all classes looks at fewer of them. */
const FEWEST_ITERATIONS = 4;

/** How many other classes are looked at, those with the largest logits at x. */
const MAX_RIVALS = 9;

/** A step goes beyond the linear boundary by this share (η). */
const OVERSHOOT = 0.02;

/** And by this fraction of the spread of the logits: where the box holds values back, shares of the gap alone never close it. */
const BEYOND = 1e-4;

const POLISH = { fraction: 1, probes: 12 };

/** Where a search stands; batched. */
type Fooling = Nearest & {
  /** δ, [n, h, w, c]: the sum of all steps, which may lead out of the box. */
  readonly perturbations: Tensor4D;
};

interface FoolingSteps {
  /** One iteration. @param rivals the classes that are looked at, [m, n, k]: m gradient evaluations */
  readonly iterate: (weights: TensorMap, problem: SearchProblem, rivals: Tensor3D, state: Fooling) => Fooling;
  /** One step to the boundary, and back from it, towards the class of the largest other logit: one gradient evaluation. */
  readonly refine: (weights: TensorMap, problem: SearchProblem, state: Fooling) => Fooling;
  readonly polish: RaySearch<SearchProblem>;
}

/**
 * DeepFool (Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, Algorithm 2), in ℓ2 and ℓ∞: steps to the nearest boundary of the linearised classifier
 * until the class changes,
 *
 *     k ← argmin over classes k ≠ y of |f_k| / ‖w_k‖_q,   f_k = z_k − z_y,  w_k = ∇f_k
 *     δ ← δ + (1 + η) |f_k| / ‖w_k‖_q · argmax_{‖u‖ₚ≤1} ⟨w_k, u⟩
 *
 * An iteration takes the gradients of up to nine classes, and costs as many gradient evaluations: a budget below 36 looks at fewer classes. In the end
 * the ray to the shortest is bisected, by forward evaluations.
 *
 * Differs from Alg. 2: points are clip(x + δ), while δ may lead out of the box: if what the box holds back were forgotten, the next steps would only
 * repeat it, and never arrive; the overshoot is part of each step, and a fraction of the logits
 * on top of it, without which steps that the box cuts short come ever closer and never cross. Where the class has changed, the search goes on from
 * 0.9 δ, because the first boundary that is met is met some way off; and two thirds of the budget are spent on the steps of the fast adaptive
 * boundary attack (see `stepToBoundary`) towards the class of the largest other logit, which tell as much for a ninth of the gradients: from there, and,
 * of budgets from some 90 on, from x as well, because the first boundary need not be the nearest one's.
 */
export const deepfool: AttackKind<MinimumNormAttack> = {
  name: 'deepfool',
  norms: NORMS,
  aims: ['untargeted'],
  compile: (compile, classifier, threat) => {
    const steps = compileSteps(compile, classifier, threat, definedNorm('deepfool', NORMS, threat.norm));
    return { name: 'deepfool', find: (request) => find(steps, request) };
  },
};

function find(steps: FoolingSteps, request: MinimumNormRequest): Promise<MinimumNormOutcome> {
  const { weights, logits, classes, maxGradientEvaluations: budget } = request;
  const affordable = Math.max(1, Math.floor(budget / FEWEST_ITERATIONS));
  const count = Math.min((logits[0]?.length ?? 2) - 1, MAX_RIVALS, affordable);
  const ranks = Array.from({ length: count }, (_, rank) => rank);
  const whole = Math.min(MAX_ITERATIONS, Math.floor((budget * WHOLE_FRACTION) / count));
  const single = budget - whole * count;
  return runSearch<Fooling>(request, (problem) => {
    const iteration: SearchCall<Fooling> = {
      gradientEvaluations: count,
      take: (state) => steps.iterate(weights, problem, rankedRivals(logits, classes, ranks), state),
    };
    const refinement: SearchCall<Fooling> = {
      gradientEvaluations: 1,
      take: (state) => steps.refine(weights, problem, state),
    };
    const { inputs, maxLength } = problem;
    const again: SearchCall<Fooling> = {
      gradientEvaluations: 1,
      take: (state) => steps.refine(weights, problem, { ...state, perturbations: zeros(inputs.shape) }),
    };
    const restartAt = single >= TWO_RUNS ? single >> 1 : Infinity;
    return {
      start: () => ({ ...nothingNear(inputs, maxLength), perturbations: zeros(inputs.shape) }),
      calls: [
        ...Array.from({ length: whole }, () => iteration),
        ...Array.from({ length: single }, (_, index) => (index === restartAt ? again : refinement)),
      ],
      polish: steps.polish,
    };
  });
}

function compileSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  { bounds }: ThreatModel,
  norm: Norm,
): FoolingSteps {
  const geometry = geometryOf(norm);
  const dual = geometryOf(DUAL_NORM[norm]);
  const success = successOf('untargeted');

  /** The distance to the linear boundary of one class, the direction that leads there. */
  const boundaryOf = (weights: TensorMap, points: Tensor4D, classes: Tensor1D, rival: Tensor2D) => {
    const loss = beyondRounding(softMarginOver(rival, ones(classes.shape)));
    const scored = scoredGradient((x) => classifier(weights, x), loss, points, classes);
    const beyond: Tensor1D = add(mul(spreadOf(scored.logits), BEYOND), roundingAllowance(scored.logits));
    const distances: Tensor1D = div(
      add(relu(neg(scored.losses)), beyond),
      maximum(dual.lengths(scored.gradients), LEAST_SLOPE),
    );
    return { distances, directions: geometry.steepestAscent(scored.gradients) };
  };

  /** What is nearest once δ, inside the box, is known too. */
  const tried = (weights: TensorMap, { inputs, classes }: SearchProblem, inside: Tensor4D, state: Fooling) => {
    const logits = classifier(weights, pointAt(inputs, inside, bounds));
    const succeeds: Tensor1D = greaterEqual(success(logits, classes), 0);
    return { succeeds, nearest: keepShorter(state, inside, geometry.lengths(inside), succeeds) };
  };

  return {
    iterate: compile((weights: TensorMap, problem: SearchProblem, rivals: Tensor3D, state: Fooling): Fooling => {
      const { inputs, classes } = problem;
      const points = pointAt(inputs, state.perturbations, bounds);
      const rivalOf = (rank: number): Tensor2D => {
        const [, count, k] = rivals.shape;
        return reshape(slice(rivals, [rank, 0, 0], [1, count, k]), [count, k]);
      };
      let nearest = boundaryOf(weights, points, classes, rivalOf(0));
      for (let rank = 1; rank < rivals.shape[0]; rank++) {
        const other = boundaryOf(weights, points, classes, rivalOf(rank));
        const nearer: Tensor1D = less(other.distances, nearest.distances);
        nearest = {
          distances: where(nearer, other.distances, nearest.distances),
          directions: where(perExample(nearer), other.directions, nearest.directions),
        };
      }
      const steps: Tensor4D = mul(perExample(mul(nearest.distances, 1 + OVERSHOOT)), nearest.directions);
      const moved: Tensor4D = add(state.perturbations, steps);
      const { succeeds, nearest: known } = tried(weights, problem, clipToBox(inputs, moved, bounds), state);
      return { ...known, perturbations: backFromSuccess(moved, succeeds) };
    }, LASTING_WEIGHTS),
    refine: compile((weights: TensorMap, problem: SearchProblem, state: Fooling): Fooling => {
      const { inputs, classes } = problem;
      const inside = clipToBox(inputs, state.perturbations, bounds);
      const points = pointAt(inputs, inside, bounds);
      const scored = scoredGradient((x) => classifier(weights, x), logitMargin, points, classes);
      const next = stepToBoundary({ norm, bounds }, inputs, inside, scored);
      const { succeeds, nearest } = tried(weights, problem, next, state);
      return { ...nearest, perturbations: backFromSuccess(next, succeeds) };
    }, LASTING_WEIGHTS),
    polish: compilePolish(compile, { classifier, success, geometry, bounds }, POLISH),
  };
}
