import { dispose, fill, mul, cast, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../random.js';
import { anPgd as runAnPgd } from '../an-pgd.js';
import { compileAttackSteps, type AttackSteps } from '../attack-steps.js';
import { perExample } from '../box.js';
import { reaching, softLogitMargin } from '../losses.js';
import { watchedPace } from '../pace.js';
import { NORMS } from '../threat-model.js';
import type { AttackKind, AttackOutcome, MinimumNormAttack, MinimumNormRequest } from './attack.js';
import { definedNorm } from './defined-norm.js';
import { successOf } from './success.js';
import { uniformsOf } from './uniforms.js';
import { WITHIN } from './within.js';

/** PGD's radius as a share of the largest distance: training knows an example's radius of the last visit, a single search does not. */
const RADIUS_SHARE = 0.5;

/** Forward evaluations along the ray that PGD ends on. */
const BISECTIONS = 10;

/** Fewer iterations do not let PGD settle. */
const MIN_ITERATIONS = 10;

/**
 * AN-PGD as the paper trains with it (Algorithm 1, see `anPgd`), by itself: N = the budget, ε₀ half of the largest distance, a random start. It is
 * what other searches are compared with.
 *
 * Differs from Alg. 1: what the bisection looks for is a verified success, where training's looks for the zero of SLM.
 */
export const anPgd: AttackKind<MinimumNormAttack> = {
  name: 'an-pgd',
  norms: NORMS,
  aims: ['leave', 'reach'],
  compile: (compile, classifier, threat, aim) => {
    definedNorm('an-pgd', NORMS, threat.norm);
    const search = aim === 'leave' ? softLogitMargin : reaching(softLogitMargin);
    const often = { iterations: Infinity, bisections: Infinity };
    const steps = compileAttackSteps(compile, classifier, threat, { search, crossing: successOf(aim) }, often);
    return { name: 'an-pgd', find: (request) => find(steps, request) };
  },
};

async function find(steps: AttackSteps, request: MinimumNormRequest): Promise<AttackOutcome> {
  const { weights, inputs, maxDistance, maxGradientEvaluations: iterations } = request;
  const maxRadius = maxDistance * WITHIN;
  const pace = watchedPace(request.proceed);
  let calls = 0;
  const proceed = async (): Promise<boolean> => {
    const goesOn = await pace.proceed();
    if (goesOn) calls += 1;
    return goesOn;
  };
  const labels = tensor1d([...request.classes], 'int32');
  const radii: Tensor1D = fill(labels.shape, RADIUS_SHARE * maxRadius);
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const start = tidy(() => steps.geometry.randomStart(inputs, radii, uniformsOf(inputs, randoms), steps.bounds));
  try {
    const problem = { weights, inputs, labels, radii, start, maxRadius, iterations, bisections: BISECTIONS, proceed };
    const found = await runAnPgd(steps, problem);
    try {
      return {
        perturbations: tidy(() => mul(found.perturbations, perExample(cast(found.crossed, 'float32')))),
        gradientEvaluations: Math.min(calls, iterations),
        converged: !pace.stopped() && iterations >= MIN_ITERATIONS,
      };
    } finally {
      dispose(found);
    }
  } finally {
    dispose([labels, radii, start]);
  }
}
