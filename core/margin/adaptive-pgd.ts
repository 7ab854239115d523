import { dispose, mul, scalar, sub, oneHot, tensor1d, tensor4d, tidy, where, cast } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile } from '../engine/engine.js';
import { createRandom, type Random } from '../random.js';
import { MIN_GRADIENT_EVALUATIONS, planSearch, type Rivals, type Round } from './adaptive-pgd-plan.js';
import type { WeightedClassifier } from './attack-steps.js';
import { perExample } from './box.js';
import { nothingFound, type DescentProblem, type Nearest } from './descent.js';
import { descendFrom, polish, searchRay, type RoundStart, type SearchContext } from './descent-rounds.js';
import { compileDescentSteps, type DescentSteps } from './descent-steps.js';
import { readLogits } from './host-logits.js';
import type { AttackOutcome, AttackRequest, MinimumNormAttack } from './minimum-norm-attack.js';
import type { ThreatModel } from './threat-model.js';

/** The share of the largest distance that is used, so that lengths summed in float32 by an engine do not exceed it in float64. */
const WITHIN = 1 - 1e-5;

/** Forward evaluations along the ray of a gradient at x. */
const RAY_PROBES = 8;

/** Forward evaluations that shorten the best perturbation along its own ray after each round, within this share of its length. */
const POLISH_PROBES = 6;
const POLISH_SHARE = 0.03;

/**
 * The spread of logits that the search loss is made for: so soft that it sees all near classes, so sharp that it climbs towards the nearest. Logits
 * are brought to it, so that multiplying them by a number changes nothing. Trained networks are about there by themselves.
 */
const SPREAD = 16;

/** Beyond these the loss would leave float32. */
const MIN_SHARPNESS = 1e-20;
const MAX_SHARPNESS = 1e20;

/** The first radius of a round that starts within the best perturbation, as a share of its length. */
const WITHIN_BEST = 0.98;

/** The first radius of a round where nothing is known yet, as a share of the largest. */
const UNKNOWN_SHARE = 0.5;

/**
 * A search for shortest perturbations by rounds of projected gradient ascent whose radius follows the boundary (see `descend` and
 * `planSearch`), the best of all rounds kept. An iteration costs one gradient evaluation; a round a few forward evaluations more.
 *
 * @param targeted reach a class instead of leaving one
 */
export function compileAdaptivePgd(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  targeted: boolean,
): MinimumNormAttack {
  const steps = compileDescentSteps(compile, classifier, threat, targeted);
  return { name: 'adaptive-pgd', find: (request) => search(steps, request, targeted) };
}

async function search(steps: DescentSteps, request: AttackRequest, targeted: boolean): Promise<AttackOutcome> {
  const { inputs, maxGradientEvaluations, classes: classValues, logits } = request;
  const maxLength = scalar(request.maxDistance * WITHIN);
  const classes = tensor1d([...classValues], 'int32');
  const sharpness = tensor1d(logits.map(sharpnessOf));
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const progress = { spent: 0, stopped: false };
  const goOn = async (): Promise<boolean> => {
    progress.stopped ||= !(await request.proceed());
    return !progress.stopped;
  };
  const context: SearchContext = { steps, weights: request.weights, maxLength, goOn };
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
  const plan = planSearch(maxGradientEvaluations, targeted ? 0 : (logits[0]?.length ?? 0) - 1);
  try {
    for (const over of plan.rays) {
      if (!(await goOn())) break;
      progress.spent += 1;
      await advance(over, (problem) => searchRay(context, problem, nearest, RAY_PROBES));
    }
    for (const round of plan.rounds) {
      if (!(await goOn())) break;
      await advance(round.rivals, async (problem) => {
        const { found, spent } = await descendFrom(
          context,
          problem,
          nearest,
          startOf(round, context, inputs, nearest, randoms),
          round.iterations,
        );
        progress.spent += spent;
        return found;
      });
      await advance('all', (problem) => polish(context, problem, nearest, POLISH_SHARE, POLISH_PROBES));
    }
    const converged = !progress.stopped && maxGradientEvaluations >= MIN_GRADIENT_EVALUATIONS;
    return { perturbations: nearest.best.clone(), gradientEvaluations: progress.spent, converged };
  } finally {
    dispose([maxLength, classes, sharpness]);
    dispose(nearest);
  }
}

/** δ and r that a round starts with. */
function startOf(
  { start }: Round,
  { steps, maxLength }: SearchContext,
  inputs: Tensor4D,
  { best, bestLengths, found }: Nearest,
  randoms: readonly Random[],
): RoundStart {
  return tidy(() => {
    const radii: Tensor1D = where(
      found,
      mul(bestLengths, start === 'within-best' ? WITHIN_BEST : 1),
      mul(maxLength, UNKNOWN_SHARE),
    );
    const random = steps.geometry.randomStart(inputs, radii, uniformsOf(inputs, randoms), steps.bounds);
    if (start === 'random') return { perturbations: random, radii };
    const known: Tensor4D = start === 'best' ? best : mul(best, WITHIN_BEST);
    const perturbations: Tensor4D = where(perExample(found), known, random);
    return { perturbations, radii };
  });
}

/** β = 16 / (max z − min z) at x; 1 where the logits are equal. */
function sharpnessOf(logits: Float32Array): number {
  const spread = Math.max(...logits) - Math.min(...logits);
  return spread > 0 ? Math.min(Math.max(SPREAD / spread, MIN_SHARPNESS), MAX_SHARPNESS) : 1;
}

/** Uniform numbers in [0, 1) of the inputs' shape, each input's from its own source. */
function uniformsOf(inputs: Tensor4D, randoms: readonly Random[]): Tensor4D {
  const size = inputs.size / inputs.shape[0];
  const values = new Float32Array(inputs.size);
  for (const [index, random] of randoms.entries()) values.set(random.uniforms(size), index * size);
  return tensor4d(values, inputs.shape);
}

/** A round's rivals as [n, k] float32, 1 for the classes that the search loss is over; the caller disposes it. */
async function rivalsOf(
  { steps, weights }: SearchContext,
  { inputs, classes, logits }: AttackRequest,
  nearest: Nearest,
  rivals: Rivals,
): Promise<Tensor2D> {
  const count = logits[0]?.length ?? 0;
  if (rivals === 'all') return tidy(() => sub(1, hot(classes, count)));
  const rows =
    rivals === 'reached' ? (await readLogits(tidy(() => steps.logitsAt(weights, inputs, nearest.best)))).rows : logits;
  const rank = rivals === 'reached' ? 0 : rivals.rank;
  return tidy(() =>
    hot(
      rows.map((row, index) => rivalAt(row, classes[index] ?? 0, rank)),
      count,
    ),
  );
}

const hot = (classes: readonly number[], count: number): Tensor2D =>
  cast(oneHot(tensor1d([...classes], 'int32'), count), 'float32') as Tensor2D;

/** The class other than y whose logit is the largest but `rank`; the ranks begin again after the last. */
function rivalAt(logits: Float32Array, label: number, rank: number): number {
  const others = Array.from(logits.keys())
    .filter((index) => index !== label)
    .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  return others[rank % others.length] ?? 0;
}
