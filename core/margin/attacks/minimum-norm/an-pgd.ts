import { add, dispose, fill, greaterEqual, mul, scalar, tensor1d, tidy, where } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../engine/engine.js';
import { createRandom } from '../../../random.js';
import { alongRays, stepSizesOf } from '../../an-pgd-search.js';
import { compileAttackSteps, type AttackSteps, type WeightedClassifier } from '../../attack-steps.js';
import { perExample, pointAt } from '../../box.js';
import { watchedPace } from '../../pace.js';
import { unitVectors } from '../../scaling.js';
import { sharpnessOf } from '../../sharpness.js';
import { NORMS, type ThreatModel } from '../../threat-model.js';
import type { Aim, AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../attack.js';
import { ascendedLoss } from '../steps/ball/ascended-loss.js';
import { definedNorm } from '../steps/defined-norm.js';
import { keepShorter, nothingFound, type Nearest } from '../steps/nearest.js';
import { compilePolish, compileRaySearch, searchRays, type RaySearch } from '../steps/rays.js';
import { scoredGradient } from '../steps/scored-gradient.js';
import type { SearchProblem } from '../steps/search-runs.js';
import { milestoneAt, MILESTONES, type Milestone } from '../steps/search-trace.js';
import { areShort } from '../steps/short-evaluations.js';
import { successOf, WITHIN } from '../steps/success.js';
import { uniformsOf } from '../steps/uniforms.js';

/** PGD's radius as a fraction of the largest distance: training knows an example's radius of the last visit, a single search does not. */
const RADIUS_FRACTION = 0.5;

/** Forward evaluations along the ray that PGD ends on, and along others. */
const BISECTIONS = 10;

/** After this fraction of the iterations it is looked at whether the search is anywhere near. */
const LOOK_FRACTION = 0.5;

/** Where PGD stands, and what of its way succeeds; batched. */
type Approach = Nearest & {
  /** δ, [n, h, w, c], inside ball and box. */
  readonly perturbations: Tensor4D;
};

/** Where PGD goes; batched. */
type Pace = {
  /** ε₀, [n]. */
  readonly radii: Tensor1D;
  /** α, [n]. */
  readonly stepSizes: Tensor1D;
};

/** Rays to look along. */
type LookProblem = SearchProblem & Pick<Approach, 'perturbations'>;

/** What the search is made of: pure functions, compiled once. All results are new, for the caller to dispose. */
interface Steps extends Pick<AttackSteps, 'geometry' | 'bounds' | 'bisect'> {
  /** One iteration of PGD; what it leaves is kept if it succeeds. One gradient evaluation. */
  readonly iterate: (weights: TensorMap, problem: SearchProblem, pace: Pace, approach: Approach) => Approach;
  /** Looks along the rays of PGD as it stands, up to the largest length. */
  readonly look: RaySearch<LookProblem>;
  /** Brings what succeeded on the way closer. */
  readonly polish: RaySearch<SearchProblem>;
}

/**
 * AN-PGD as the paper trains with it (Algorithm 1, see `anPgd`), by itself: N = the budget, ε₀ half of the largest distance, a random start. It is
 * what other searches are compared with.
 *
 * Differs from Alg. 1: SLM is of logits brought to a spread (see sharpness.ts), so that their scale changes nothing; what the bisection looks for is a verified success, where training's looks for the zero of SLM; where nothing on the last
 * ray succeeds, what succeeded on the way counts, brought closer along its own ray, because the last iterate need not be the nearest; and where
 * after half of the iterations nothing has succeeded, and nothing does along the ray, the rest starts anew, at random, in the ball of the largest
 * distance, because one search has no next visit whose radius would be larger.
 */
export const anPgd: AttackKind<MinimumNormAttack> = {
  name: 'an-pgd',
  norms: NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    definedNorm('an-pgd', NORMS, threat.norm);
    const steps = compileSteps(compile, classifier, threat, aim);
    return { name: 'an-pgd', find: (request) => find(steps, request) };
  },
};

async function find(steps: Steps, request: MinimumNormRequest): Promise<MinimumNormOutcome> {
  const { weights, inputs, maxGradientEvaluations: iterations } = request;
  const maxRadius = request.maxDistance * WITHIN;
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let spent = 0;
  const trace: Milestone[] = [];
  const rayPace = { weights, together: areShort(weights, inputs), shouldContinue };
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const classes = tensor1d([...request.classes], 'int32');
  const maxLength = scalar(maxRadius);
  const sharpness = tensor1d(request.logits.map(sharpnessOf));
  const problem: SearchProblem = { inputs, classes, maxLength, sharpness };
  const { geometry, bounds } = steps;
  const startIn = (radii: Tensor1D): Tensor4D =>
    geometry.randomStart(inputs, radii, uniformsOf(inputs, randoms), bounds);
  let pace = tidy(() => paceOf(fill(classes.shape, RADIUS_FRACTION * maxRadius), iterations));
  let approach: Approach = tidy(() => ({ ...nothingFound(inputs, maxLength), perturbations: startIn(pace.radii) }));
  const hold = (next: Approach): void => {
    dispose(approach);
    approach = next;
  };

  /** Where nothing is known, even along the ray, the rest of the iterations starts anew. */
  const lookAround = async (): Promise<void> => {
    const { perturbations, ...known } = approach;
    const nearest = await searchRays(rayPace, steps.look, { ...problem, perturbations }, known);
    const next = tidy(() => {
      // Scaled once more, since points at the very end of the ball may count as outside of it.
      const farther = paceOf(fill(classes.shape, maxRadius * WITHIN), iterations - spent);
      const either = (stays: Tensor1D, begins: Tensor1D): Tensor1D => where(nearest.found, stays, begins);
      return {
        pace: { radii: either(pace.radii, farther.radii), stepSizes: either(pace.stepSizes, farther.stepSizes) },
        perturbations: where(perExample(nearest.found), perturbations, startIn(farther.radii)),
      };
    });
    dispose(pace);
    pace = next.pace;
    hold({ ...nearest, perturbations: next.perturbations });
  };

  try {
    const stride = Math.ceil(iterations / MILESTONES);
    const look = Math.floor(iterations * LOOK_FRACTION);
    while (spent < iterations && (await shouldContinue())) {
      if (spent === look && look > 0) {
        await lookAround();
        if (!(await shouldContinue())) break;
      }
      hold(tidy(() => steps.iterate(weights, problem, pace, approach)));
      spent += 1;
      if (spent % stride === 0) trace.push(await milestoneAt(spent, approach));
    }
    const { radii } = pace;
    const ray = { weights, inputs, labels: classes, radii, maxRadius, bisections: BISECTIONS, shouldContinue };
    const last = await alongRays(steps, ray, approach.perturbations);
    try {
      if (await shouldContinue()) {
        const { perturbations, ...known } = approach;
        const nearest = await searchRays(rayPace, steps.polish, problem, known);
        hold({ ...nearest, perturbations: perturbations.clone() });
      }
      return {
        perturbations: tidy(() => where(perExample(last.crossed), last.perturbations, approach.best)),
        gradientEvaluations: spent,
        complete: !stopped(),
        trace,
      };
    } finally {
      dispose(last);
    }
  } finally {
    dispose([classes, maxLength, sharpness]);
    dispose(pace);
    dispose(approach);
  }
}

const paceOf = (radii: Tensor1D, iterations: number): Pace => ({ radii, stepSizes: stepSizesOf(radii, iterations) });

function compileSteps(compile: Compile, classifier: WeightedClassifier, threat: ThreatModel, aim: Aim): Steps {
  const success = successOf(aim);
  const often = { iterations: Infinity, bisections: Infinity };
  const { geometry, bounds, bisect } = compileAttackSteps(
    compile,
    classifier,
    threat,
    { search: 'slm', crossing: success },
    often,
  );
  const rays = { classifier, success, geometry, bounds };
  return {
    geometry,
    bounds,
    bisect,
    iterate: compile((weights: TensorMap, problem: SearchProblem, pace: Pace, approach: Approach): Approach => {
      const { inputs, classes, sharpness } = problem;
      const search = ascendedLoss('slm', aim, sharpness);
      const { perturbations } = approach;
      const points = pointAt(inputs, perturbations, bounds);
      const { gradients, logits } = scoredGradient((x) => classifier(weights, x), search, points, classes);
      const succeeds: Tensor1D = greaterEqual(success(logits, classes), 0);
      const known = keepShorter(approach, perturbations, geometry.lengths(perturbations), succeeds);
      const step: Tensor4D = mul(perExample(pace.stepSizes), geometry.steepestAscent(gradients));
      return { ...known, perturbations: geometry.project(inputs, add(perturbations, step), pace.radii, bounds) };
    }, LASTING_WEIGHTS),
    look: compileRaySearch<LookProblem>(compile, rays, {
      directions: (_, { perturbations }) => unitVectors(perturbations, geometry.lengths(perturbations)),
      lowFraction: 0,
      probes: BISECTIONS,
      endFirst: true,
    }),
    polish: compilePolish(compile, rays, { fraction: 1, probes: BISECTIONS }),
  };
}
