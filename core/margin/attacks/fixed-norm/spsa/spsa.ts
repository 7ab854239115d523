import { scalar, type Scalar } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../random.js';
import { NORMS } from '../../../threat-model.js';
import type { AttackKind, AttackOutcome, FixedNormAttack, FixedNormRequest } from '../../attack.js';
import type { AscentProblem } from '../../steps/gradient-free-ascent.js';
import { gradientFreeRuns, type GradientFreeRun } from '../../steps/gradient-free-runs.js';
import { definedNorm } from '../../steps/defined-norm.js';
import { uniformsOf } from '../../steps/uniforms.js';
import { createSignDirections, nextDirections } from './directions.js';
import { compileSpsaSteps, type Ascent, type SpsaSteps } from './spsa-steps.js';

/** Directions of an iteration; a power of two, so that parts of equal size make them up. */
const DIRECTIONS = 64;

/** Values of the inputs of one call, unless a single direction takes more: what bounds its memory. */
const VALUES_TOGETHER = 2 ** 19;

/** The length of the first step in radii, if nothing else is asked for, and by how much of it the last one is shorter. */
const STEP_FRACTION = 0.25;
const STEP_FALL = 0.9;

/**
 * SPSA (Uesato et al. 2018, arXiv:1802.05666): ascent along gradients of the logit margin that are estimated from differences along random
 * signs v, which see over steps and plateaus as far as they reach:
 *
 *     g = Σ_v (L(x + δ + cv) − L(x + δ − cv)) v,   c a hundredth of the box
 *     m ← βm + g;   δ ← Π(δ + αε · argmax_{‖u‖≤1} ⟨m, u⟩)
 *
 * An iteration costs 129 forward evaluations, 64 directions both ways and the point reached, and a run one more.
 *
 * Differs from the paper, and from its implementation in CleverHans, of 128 directions of independent signs and Adam at a rate of 0.01: directions are
 * orthogonal over turns, so that noise averages out within a few iterations; the step is the norm's own in place of Adam's, which moves all values
 * alike, whatever they matter; its length is a fraction of the radius and falls over a run; each run starts at random in the ball.
 */
export const spsa: AttackKind<FixedNormAttack> = {
  name: 'spsa',
  norms: NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    definedNorm('spsa', NORMS, threat.norm);
    const steps = compileSpsaSteps(compile, classifier, threat, aim);
    return { name: 'spsa', find: (request) => search(steps, request) };
  },
};

function search(steps: SpsaSteps, request: FixedNormRequest): Promise<AttackOutcome> {
  const { weights, inputs, iterations, stepFraction = STEP_FRACTION } = request;
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const sources = randoms.map((random) => createSignDirections(random, inputs.size / inputs.shape[0]));
  const perCall = directionsOfCall(inputs.size);
  const stepAt = (iteration: number): Scalar => scalar(stepFraction * (1 - (STEP_FALL * iteration) / iterations));

  const callsOf = (problem: AscentProblem, iteration: number): GradientFreeRun<Ascent>['calls'] => [
    ...Array.from({ length: DIRECTIONS / perCall }, () => ({
      forwardEvaluations: 2 * perCall,
      take: (ascent: Ascent) => {
        const { moving, slopes } = ascent;
        const directions = nextDirections(inputs, sources, perCall);
        return { ...ascent, slopes: steps.probe(weights, problem, { moving, slopes }, directions) };
      },
    })),
    {
      forwardEvaluations: 1,
      take: (ascent: Ascent) => steps.move(weights, problem, ascent, stepAt(iteration)),
    },
  ];
  return gradientFreeRuns<Ascent>(request, (problem) => ({
    start: {
      forwardEvaluations: 1,
      take: (best) => steps.start(weights, problem, best, uniformsOf(inputs, randoms)),
    },
    calls: Array.from({ length: iterations }, (_, iteration) => callsOf(problem, iteration)).flat(),
  }));
}

/** Directions of one call: a power of two. */
function directionsOfCall(size: number): number {
  const fitting = Math.max(1, Math.floor(VALUES_TOGETHER / (2 * size)));
  return Math.min(DIRECTIONS, 2 ** Math.floor(Math.log2(fitting)));
}
