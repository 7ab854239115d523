import { greaterEqual, mul, ones, zeros } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import { createRandom } from '../../../random.js';
import type { WeightedClassifier } from '../../attack-steps.js';
import { pointAt } from '../../box.js';
import { geometryOf } from '../../geometries.js';
import { logitMargin, reaching, softMarginOver } from '../../losses.js';
import { ATTACK_NORMS, type ThreatModel } from '../../threat-model.js';
import { backFromSuccess, nothingNear, stepToBoundary } from '../steps/adaptive-boundary.js';
import type { Aim, AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../attack.js';
import { planRuns } from './fab-t-plan.js';
import { keepShorter, type Nearest } from '../steps/nearest.js';
import { compilePolish, type RaySearch } from '../steps/rays.js';
import { rivalsAt } from '../steps/rivals.js';
import { scoredGradient } from '../steps/scored-gradient.js';
import { runSearch, type SearchCall, type SearchProblem } from '../steps/search-runs.js';
import { successOf } from '../steps/success.js';
import { uniformsOf } from '../steps/uniforms.js';

/** The radius of a random start, as a fraction of what is known. */
const RANDOM_FRACTION = 0.5;

const POLISH = { fraction: 1, probes: 12 };

/** Where a search stands; batched. */
type Adapting = Nearest & {
  /** δ, [n, h, w, c], inside the box. */
  readonly perturbations: Tensor4D;
};

interface FabSteps {
  /** A random start. */
  readonly restart: (problem: SearchProblem, state: Adapting, uniforms: Tensor4D) => Adapting;
  /** One iteration. @param rivals the class aimed at, [n, k]; without meaning where a class is to be reached */
  readonly iterate: (weights: TensorMap, problem: SearchProblem, rivals: Tensor2D, state: Adapting) => Adapting;
  readonly polish: RaySearch<SearchProblem>;
}

/**
 * Fast adaptive boundary attack, targeted (Croce and Hein 2020, arXiv:1907.02044, Algorithm 1; targeted as AutoAttack runs it, arXiv:2003.01690): towards
 * each of the up to nine likeliest other classes t, with f = z_t − z_y,
 *
 *     δ ← a step to where f is zero (see `stepToBoundary`)
 *     δ succeeds:  b ← δ if ‖δ‖ < ‖b‖;  δ ← β δ
 *
 * To reach a class t, f = z_t − max_{j≠t} z_j. One iteration costs one gradient evaluation, and a forward one for the success. In the end
 * the ray to the shortest is bisected, by forward evaluations.
 */
export const fabT: AttackKind<MinimumNormAttack> = {
  name: 'fab-t',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const steps = compileSteps(compile, classifier, threat, aim);
    return { name: 'fab-t', find: (request) => find(steps, request, aim) };
  },
};

function find(steps: FabSteps, request: MinimumNormRequest, aim: Aim): Promise<MinimumNormOutcome> {
  const { weights, inputs, logits, classes, maxGradientEvaluations } = request;
  const runs = planRuns(maxGradientEvaluations, aim === 'targeted' ? 1 : (logits[0]?.length ?? 2) - 1);
  const randoms = request.seeds.map((seed) => createRandom(seed));
  return runSearch<Adapting>(request, (problem) => {
    const atInput = (known: Nearest): Adapting => {
      const { best, bestLengths, found } = known;
      return { best, bestLengths, found, perturbations: zeros(inputs.shape) };
    };
    function* calls(): Iterable<SearchCall<Adapting>> {
      for (const { rank, iterations, start } of runs) {
        const begin = (state: Adapting): Adapting =>
          start === 'input' ? atInput(state) : steps.restart(problem, state, uniformsOf(inputs, randoms));
        for (let i = 0; i < iterations; i++) {
          yield {
            gradientEvaluations: 1,
            take: (state) =>
              steps.iterate(weights, problem, rivalsAt(logits, classes, rank), i === 0 ? begin(state) : state),
          };
        }
      }
    }
    return {
      start: () => atInput(nothingNear(inputs, problem.maxLength)),
      calls: calls(),
      polish: steps.polish,
    };
  });
}

function compileSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  { norm, bounds }: ThreatModel,
  aim: Aim,
): FabSteps {
  const geometry = geometryOf(norm);
  const success = successOf(aim);
  return {
    restart: compile((problem: SearchProblem, { best, bestLengths, found }: Adapting, uniforms: Tensor4D): Adapting => {
      const radii: Tensor1D = mul(bestLengths, RANDOM_FRACTION);
      return { best, bestLengths, found, perturbations: geometry.randomStart(problem.inputs, radii, uniforms, bounds) };
    }),
    iterate: compile(
      (weights: TensorMap, { inputs, classes }: SearchProblem, rivals: Tensor2D, state: Adapting): Adapting => {
        const { perturbations } = state;
        const loss = aim === 'targeted' ? reaching(logitMargin) : softMarginOver(rivals, ones(classes.shape));
        const points = pointAt(inputs, perturbations, bounds);
        const { losses, gradients } = scoredGradient((x) => classifier(weights, x), loss, points, classes);
        const next = stepToBoundary({ norm, bounds }, inputs, perturbations, { losses, gradients });
        const reached = classifier(weights, pointAt(inputs, next, bounds));
        const succeeds: Tensor1D = greaterEqual(success(reached, classes), 0);
        const { best, bestLengths, found } = keepShorter(state, next, geometry.lengths(next), succeeds);
        return { best, bestLengths, found, perturbations: backFromSuccess(next, succeeds) };
      },
      LASTING_WEIGHTS,
    ),
    polish: compilePolish(compile, { classifier, success, geometry, bounds }, POLISH),
  };
}
