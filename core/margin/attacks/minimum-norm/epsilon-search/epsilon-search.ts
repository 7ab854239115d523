import { dispose, scalar, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { createRandom } from '../../../../random.js';
import { watchedPace } from '../../../pace.js';
import { sharpnessOf } from '../../../sharpness.js';
import { ATTACK_NORMS } from '../../../threat-model.js';
import type { AttackKind, MinimumNormOutcome, MinimumNormAttack, MinimumNormRequest } from '../../attack.js';
import type { BallState } from '../../steps/ball/ball-method.js';
import { cloned } from '../../steps/cloned.js';
import { nothingFound, type Nearest } from '../../steps/nearest.js';
import { searchRays, type RayPace } from '../../steps/rays.js';
import { rivalsByRank } from '../../steps/rivals.js';
import type { SearchProblem } from '../../steps/search-runs.js';
import { runIterations } from '../../steps/run-iterations.js';
import { milestoneAt, type Milestone } from '../../steps/search-trace.js';
import { areShort } from '../../steps/short-evaluations.js';
import { stridesOf } from '../../steps/strides.js';
import { uniformsOf } from '../../steps/uniforms.js';
import { WITHIN } from '../../steps/success.js';
import { denseAscent, sparseAscent } from './epsilon-ascent.js';
import { planRounds, type EpsilonRound } from './epsilon-search-plan.js';
import { compileEpsilonSteps, type EpsilonRun, type EpsilonState, type EpsilonSteps } from './epsilon-search-steps.js';

/** How many other classes are led towards. */
const MAX_TARGETS = 9;

/**
 * A search over ε by runs of targeted Auto-PGD (Croce and Hein 2020, arXiv:2003.01690; as a search for shortest perturbations in AttackBench,
 * Cinà et al. 2024, arXiv:2404.19460): each example's radius shrinks below the shortest length whenever one is found, by less after a run that has
 * found none, and grows where nothing is found at all. After each run the shortest is polished along its ray. In ℓ1 the runs are sparse (Croce and Hein
 * 2021, arXiv:2103.01208).
 *
 * Differs from AttackBench, which searches each of nine targets by itself: the radii go on from run to run, every other run leads towards the
 * class that is nearest so far, from there, and the others towards each of nine classes in turn, so that small budgets are worth something too.
 *
 * An iteration costs one gradient evaluation, as does the ray of steepest ascent from x at first.
 */
export const epsilonSearch: AttackKind<MinimumNormAttack> = {
  name: 'epsilon-search',
  norms: ATTACK_NORMS,
  aims: ['untargeted', 'targeted'],
  compile: (compile, classifier, threat, aim) => {
    const name = 'epsilon-search';
    if (threat.norm !== 'l1') {
      const steps = compileEpsilonSteps(compile, classifier, threat, aim, denseAscent);
      return { name, find: (request) => search(steps, request) };
    }
    const steps = compileEpsilonSteps(compile, classifier, threat, aim, sparseAscent);
    return { name, find: (request) => search(steps, request) };
  },
};

async function search<S extends BallState>(
  steps: EpsilonSteps<S>,
  request: MinimumNormRequest,
): Promise<MinimumNormOutcome> {
  const { weights, inputs, maxGradientEvaluations } = request;
  const classes = tensor1d([...request.classes], 'int32');
  const maxLength = scalar(request.maxDistance * WITHIN);
  const sharpness = tensor1d(request.logits.map(sharpnessOf));
  const problem: SearchProblem = { inputs, classes, maxLength, sharpness };
  const rivals = rivalsByRank(request.logits, request.classes).slice(0, MAX_TARGETS);
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let gradientEvaluations = 0;
  const trace: Milestone[] = [];
  const rayPace: RayPace = { weights, together: areShort(weights, inputs), shouldContinue };
  let nearest = tidy(() => nothingFound(inputs, maxLength));
  let pace = tidy(() => steps.firstPace(nearest));
  const hold = (next: Nearest): void => {
    dispose(nearest);
    nearest = next;
  };

  /** A round's run before its first iteration, and the radii that it leaves to the next. */
  const open = ({ target, start }: EpsilonRound): EpsilonRun<S> => {
    const rank = target === 'reached' ? 0 : target.rank;
    const next = tidy(() => {
      const ranked = tensor1d([...(rivals[rank] ?? [])], 'int32');
      return steps.open[start](weights, problem, { nearest, pace, ranked, uniforms: uniformsOf(inputs, randoms) });
    });
    dispose(pace);
    pace = next.pace;
    return next.run;
  };

  try {
    if (await shouldContinue()) {
      gradientEvaluations += 1;
      hold(await searchRays(rayPace, steps.ascent, problem, nearest));
      trace.push(await milestoneAt(gradientEvaluations, nearest));
    }
    for (const round of planRounds(maxGradientEvaluations, rivals.length)) {
      if (!(await shouldContinue())) break;
      const { iterations } = round;
      const run = open(round);
      const strides = steps.strides(iterations);
      const { found, spent } = await runIterations<EpsilonState<S>, Nearest>(rayPace, {
        iterations,
        start: { nearest: cloned(nearest), run },
        take: (state, first, count) => steps.iterate(weights, problem, state, stridesOf(strides, first, count)),
        close: (state, complete) => (complete ? steps.tryLast(weights, problem, state) : cloned(state.nearest)),
      });
      gradientEvaluations += spent;
      hold(found);
      if (!(await shouldContinue())) break;
      hold(await searchRays(rayPace, steps.polish, problem, nearest));
      trace.push(await milestoneAt(gradientEvaluations, nearest));
    }
    return {
      perturbations: nearest.best.clone(),
      gradientEvaluations,
      complete: !stopped(),
      trace,
    };
  } finally {
    dispose([classes, maxLength, sharpness]);
    dispose(nearest);
    dispose(pace);
  }
}
