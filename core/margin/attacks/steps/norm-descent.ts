import { greaterEqual, zeros } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { pointAt } from '../../box.js';
import { geometryOf } from '../../geometries.js';
import type { NormGeometry } from '../../geometry.js';
import type { Loss } from '../../losses.js';
import type { ThreatModel } from '../../threat-model.js';
import { annealedCalls, type Annealed } from './annealing.js';
import type { Aim, MinimumNormOutcome, MinimumNormRequest } from '../attack.js';
import { keepShorter, nothingFound, type Nearest } from './nearest.js';
import { compilePolish, type RaySearch } from './rays.js';
import { scoredGradient } from './scored-gradient.js';
import { runSearch, type SearchProblem } from './search-runs.js';
import { iterateOver } from './strides.js';
import { successOf } from './success.js';

/** A polish looks along the whole ray: where a walk is short of iterations, the boundary may be far below what it has found. */
const POLISH = { fraction: 1, probes: 12 };

/** Where a walk stands; batched. */
export type Descent = Nearest & {
  /** δ, [n, h, w, c], inside the box: tried next. */
  readonly perturbations: Tensor4D;
  /** r, [n]: the length that δ is held to. */
  readonly radii: Tensor1D;
};

/** What a walk has seen at x + δ. */
export interface Seen {
  /** L, ascended, [n]. */
  readonly losses: Tensor1D;
  /** ∇L, [n, h, w, c]. */
  readonly gradients: Tensor4D;
  /** Whether δ succeeds, [n] bool. */
  readonly success: Tensor1D;
  /** ‖δ‖, [n]. */
  readonly lengths: Tensor1D;
  /** What is nearest with δ. */
  readonly nearest: Nearest;
}

/** A method that walks through perturbations one gradient at a time. */
export interface DescentMethod {
  /** What is ascended; the class is the one to leave, or to reach. */
  readonly loss: (problem: SearchProblem) => Loss;
  /** r before the first iteration, [n]. */
  readonly firstRadii: (problem: SearchProblem) => Tensor1D;
  /** δ and r after an iteration, inside the box. @param strides the iteration's annealed numbers */
  readonly move: (
    problem: SearchProblem,
    walk: Descent,
    seen: Seen,
    strides: readonly Scalar[],
  ) => Pick<Descent, 'perturbations' | 'radii'>;
}

/** What a walk is made of: pure functions, compiled once. All results are new. */
export interface DescentSteps {
  readonly start: (problem: SearchProblem) => Descent;
  /** As many iterations as there are rows of strides, [k, m]. */
  readonly iterate: (weights: TensorMap, problem: SearchProblem, walk: Descent, strides: Tensor2D) => Descent;
  /** Tries the last δ: one forward evaluation. */
  readonly finish: (weights: TensorMap, problem: SearchProblem, walk: Descent) => Nearest;
  readonly polish: RaySearch<SearchProblem>;
}

/** Compiles a walk for a classifier, a norm, bounds and an aim. It starts at x. */
export function compileDescent(
  compile: Compile,
  classifier: WeightedClassifier,
  { norm, bounds }: ThreatModel,
  aim: Aim,
  method: DescentMethod,
): DescentSteps {
  const geometry: NormGeometry = geometryOf(norm);
  const success = successOf(aim);
  const seenAt = (weights: TensorMap, problem: SearchProblem, walk: Descent): Seen => {
    const { inputs, classes } = problem;
    const loss = method.loss(problem);
    const { perturbations } = walk;
    const points = pointAt(inputs, perturbations, bounds);
    const { losses, gradients, logits } = scoredGradient((x) => classifier(weights, x), loss, points, classes);
    const succeeds: Tensor1D = greaterEqual(success(logits, classes), 0);
    const lengths = geometry.lengths(perturbations);
    return {
      losses,
      gradients,
      success: succeeds,
      lengths,
      nearest: keepShorter(walk, perturbations, lengths, succeeds),
    };
  };
  const iterateOnce = (
    weights: TensorMap,
    problem: SearchProblem,
    walk: Descent,
    strides: readonly Scalar[],
  ): Descent => {
    const seen = seenAt(weights, problem, walk);
    const { best, bestLengths, found } = seen.nearest;
    const { perturbations, radii } = method.move(problem, walk, seen, strides);
    // Arguments of another order are compiled for again.
    return { best, bestLengths, found, perturbations, radii };
  };
  return {
    start: (problem) => ({
      ...nothingFound(problem.inputs, problem.maxLength),
      perturbations: zeros(problem.inputs.shape),
      radii: method.firstRadii(problem),
    }),
    iterate: compile(
      (weights: TensorMap, problem: SearchProblem, walk: Descent, strides: Tensor2D): Descent =>
        iterateOver(strides, walk, (before, stride) => iterateOnce(weights, problem, before, stride)),
      LASTING_WEIGHTS,
    ),
    finish: compile((weights: TensorMap, { inputs, classes }: SearchProblem, walk: Descent): Nearest => {
      const { perturbations } = walk;
      const logits = classifier(weights, pointAt(inputs, perturbations, bounds));
      const succeeds: Tensor1D = greaterEqual(success(logits, classes), 0);
      return keepShorter(walk, perturbations, geometry.lengths(perturbations), succeeds);
    }, LASTING_WEIGHTS),
    polish: compilePolish(compile, { classifier, success, geometry, bounds }, POLISH),
  };
}

/**
 * Spends a budget on one walk.
 *
 * @param schedules the numbers that each iteration takes, over all iterations
 */
export function descentSearch(
  steps: DescentSteps,
  request: MinimumNormRequest,
  schedules: readonly Annealed[],
): Promise<MinimumNormOutcome> {
  const { weights, maxGradientEvaluations: iterations } = request;
  return runSearch<Descent>(request, (problem, together) => ({
    start: () => steps.start(problem),
    calls: annealedCalls(iterations, together, schedules, (walk, strides) =>
      steps.iterate(weights, problem, walk, strides),
    ),
    finish: (walk) => steps.finish(weights, problem, walk),
    polish: steps.polish,
  }));
}
