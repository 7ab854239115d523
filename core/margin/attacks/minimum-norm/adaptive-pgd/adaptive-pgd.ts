import { dispose, scalar, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../random.js';
import { planSearch, type Rivals } from './adaptive-pgd-plan.js';
import type { DescentProblem } from './descent.js';
import { descendFrom, type SearchContext } from './descent-rounds.js';
import { compileDescentSteps, type DescentSteps } from './descent-steps.js';
import { readLogits } from '../../../host-logits.js';
import { watchedPace } from '../../../pace.js';
import { sharpnessOf } from '../../../sharpness.js';
import type { Aim, AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../../attack.js';
import { nothingFound, type Nearest } from '../../steps/nearest.js';
import { searchRays } from '../../steps/rays.js';
import { rivalsAt } from '../../steps/rivals.js';
import { milestoneAt, type Milestone } from '../../steps/search-trace.js';
import { areShort } from '../../steps/short-evaluations.js';
import { uniformsOf } from '../../steps/uniforms.js';
import { WITHIN } from '../../steps/success.js';
import { ATTACK_NORMS } from '../../../threat-model.js';

/**
 * A search for shortest perturbations by rounds of projected gradient ascent whose radius follows the boundary (see `descend` and
 * `planSearch`), the best of all rounds kept. An iteration costs one gradient evaluation; a round a few forward evaluations more.
 */
export const adaptivePgd: AttackKind<MinimumNormAttack> = {
  name: 'adaptive-pgd',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const steps = compileDescentSteps(compile, classifier, threat, aim);
    return { name: 'adaptive-pgd', find: (request) => search(steps, request, aim) };
  },
};

async function search(steps: DescentSteps, request: MinimumNormRequest, aim: Aim): Promise<MinimumNormOutcome> {
  const { weights, inputs, maxGradientEvaluations, classes: classValues, logits } = request;
  const maxLength = scalar(request.maxDistance * WITHIN);
  const classes = tensor1d([...classValues], 'int32');
  const sharpness = tensor1d(logits.map(sharpnessOf));
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let gradientEvaluations = 0;
  const trace: Milestone[] = [];
  const context: SearchContext = { steps, weights, together: areShort(weights, inputs), shouldContinue };
  let nearest = tidy(() => nothingFound(inputs, maxLength));

  /** One step of the search: over some rivals, from what is known to what is known then. */
  const advance = async (over: Rivals, step: (problem: DescentProblem) => Promise<Nearest>): Promise<void> => {
    const rivals = await rivalsOf(context, request, nearest, over);
    try {
      const next = await step({ inputs, classes, rivals, sharpness });
      dispose(nearest);
      nearest = next;
    } finally {
      rivals.dispose();
    }
  };

  // Towards a target all other classes are in the way at once; none of them is a rival by itself.
  const plan = planSearch(maxGradientEvaluations, aim === 'targeted' ? 0 : (logits[0]?.length ?? 0) - 1);
  try {
    for (const over of plan.rays) {
      if (!(await shouldContinue())) break;
      gradientEvaluations += 1;
      await advance(over, (problem) => searchRays(context, steps.ascent, problem, nearest));
    }
    trace.push(await milestoneAt(gradientEvaluations, nearest));
    for (const { start, rivals, iterations } of plan.rounds) {
      if (!(await shouldContinue())) break;
      await advance(rivals, async (problem) => {
        const first = tidy(() =>
          steps.startRound[start]({ inputs, known: nearest, maxLength, uniforms: uniformsOf(inputs, randoms) }),
        );
        const { found, spent } = await descendFrom(context, problem, nearest, first, iterations);
        gradientEvaluations += spent;
        return found;
      });
      if (!(await shouldContinue())) break;
      await advance('all', (problem) => searchRays(context, steps.polish, problem, nearest));
      trace.push(await milestoneAt(gradientEvaluations, nearest));
    }
    return { perturbations: nearest.best.clone(), gradientEvaluations, complete: !stopped(), trace };
  } finally {
    dispose([maxLength, classes, sharpness]);
    dispose(nearest);
  }
}

/** A round's rivals as [n, k] float32, 1 for the classes that the search loss is over; the caller disposes it. */
async function rivalsOf(
  { steps, weights }: SearchContext,
  { inputs, classes, logits }: MinimumNormRequest,
  nearest: Nearest,
  rivals: Rivals,
): Promise<Tensor2D> {
  if (rivals === 'all') {
    const others = logits.map((row, index) => Array.from(row.keys(), (each) => Number(each !== classes[index])));
    return tensor2d(others);
  }
  if (rivals !== 'reached') return rivalsAt(logits, classes, rivals.rank);
  const { rows } = await readLogits(tidy(() => steps.logitsAt(weights, inputs, nearest.best)));
  return rivalsAt(rows, classes, 0);
}
