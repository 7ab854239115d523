import { tensor1d, type Tensor1D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../random.js';
import { NORMS, type Norm } from '../../threat-model.js';
import type { AttackKind, AttackOutcome, FixedNormAttack, FixedNormRequest } from '../attack.js';
import { climbRuns, type ClimbRun } from '../climb-runs.js';
import { definedNorm } from '../defined-norm.js';
import { uniformsOf } from '../uniforms.js';
import { signDirections } from './directions.js';
import {
  compileSpsaSteps,
  FIRST_DECAY,
  SECOND_DECAY,
  type Ascent,
  type SpsaProblem,
  type SpsaSteps,
} from './spsa-steps.js';

/** Directions of an iteration; a power of two, so that parts of equal size make them up. */
const DIRECTIONS = 64;

/** Values of the inputs of one call, unless a single direction takes more: what bounds its memory. */
const VALUES_TOGETHER = 2 ** 19;

/** The length of the first step in radii, if nothing else is asked for, and by how much of it the last one is shorter. */
const STEP_SHARE = 0.25;
const STEP_FALL = 0.9;

/**
 * SPSA (Uesato et al. 2018, arXiv:1802.05666): Adam along gradients of the logit margin that are estimated from differences along random
 * signs v, which see over steps and plateaus as far as they reach:
 *
 *     g = Σ_v (L(x + δ + cv) − L(x + δ − cv)) v,   c a hundredth of the box
 *
 * An iteration costs 129 forward evaluations, 64 directions both ways and the point reached, and a run one more.
 *
 * Differs from the paper: steps are a share of the radius instead of 0.01, as radii differ by the norm and the model, and fall over a run, so that the
 * noise of the estimates averages out; each run starts at random in the ball; losses are divided by the spread of the logits at x, so that multiplying logits by a number changes nothing.
 */
export const spsa: AttackKind<FixedNormAttack> = {
  name: 'spsa',
  norms: NORMS,
  aims: ['leave', 'reach'],
  compile: (compile, classifier, threat, aim) => {
    const norm = definedNorm('spsa', NORMS, threat.norm);
    const steps = compileSpsaSteps(compile, classifier, threat, aim);
    return { name: 'spsa', find: (request) => search(steps, norm, request) };
  },
};

async function search(steps: SpsaSteps, norm: Norm, request: FixedNormRequest): Promise<AttackOutcome> {
  const { weights, inputs, iterations, stepShare = STEP_SHARE } = request;
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const scales = tensor1d(request.logits.map(scaleOf));
  const perCall = directionsOfCall(inputs.size);
  // A step of Adam is about 1 in every value.
  const rate = norm === 'l2' ? stepShare / Math.sqrt(inputs.size / inputs.shape[0]) : stepShare;
  const ratesAt = (iteration: number): Tensor1D =>
    tensor1d([
      rate * (1 - (STEP_FALL * iteration) / iterations),
      1 / (1 - FIRST_DECAY ** (iteration + 1)),
      1 / (1 - SECOND_DECAY ** (iteration + 1)),
    ]);

  const callsOf = (problem: SpsaProblem, iteration: number): ClimbRun<Ascent>['calls'] => [
    ...Array.from({ length: DIRECTIONS / perCall }, () => ({
      forwardEvaluations: 2 * perCall,
      take: (ascent: Ascent) => {
        const { moving, slopes } = ascent;
        const directions = signDirections(inputs, randoms, perCall);
        return { ...ascent, slopes: steps.probe(weights, problem, { moving, slopes }, directions) };
      },
    })),
    {
      forwardEvaluations: 1,
      take: (ascent: Ascent) => steps.move(weights, problem, ascent, ratesAt(iteration)),
    },
  ];
  try {
    return await climbRuns<Ascent>(request, (given) => {
      const problem = { ...given, scales };
      return {
        start: {
          forwardEvaluations: 1,
          take: (best) => steps.start(weights, problem, best, uniformsOf(inputs, randoms)),
        },
        calls: Array.from({ length: iterations }, (_, iteration) => callsOf(problem, iteration)).flat(),
      };
    });
  } finally {
    scales.dispose();
  }
}

/** Directions of one call: a power of two. */
function directionsOfCall(size: number): number {
  const fitting = Math.max(1, Math.floor(VALUES_TOGETHER / (2 * size)));
  return Math.min(DIRECTIONS, 2 ** Math.floor(Math.log2(fitting)));
}

/** 1 / (max z − min z) at x; 1 where the logits are equal. */
function scaleOf(logits: Float32Array): number {
  const spread = Math.max(...logits) - Math.min(...logits);
  return spread > 0 ? 1 / spread : 1;
}
