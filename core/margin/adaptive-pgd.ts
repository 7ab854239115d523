import {
  dispose,
  greater,
  mul,
  scalar,
  sub,
  oneHot,
  tensor1d,
  tensor4d,
  tidy,
  where,
  cast,
} from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile } from '../engine/engine.js';
import { createRandom, type Random } from '../random.js';
import { MIN_GRADIENT_EVALUATIONS, planRounds, type Round } from './adaptive-pgd-plan.js';
import type { WeightedClassifier } from './attack-steps.js';
import { perExample } from './box.js';
import { keepShorter, nothingFound, type DescentProblem, type Nearest } from './descent.js';
import { polish, runRound, shortenAlong, type RoundStart, type SearchContext } from './descent-rounds.js';
import { compileDescentSteps, type DescentSteps } from './descent-steps.js';
import { readLogits } from './host-logits.js';
import type { AttackOutcome, AttackRequest, MinimumNormAttack } from './minimum-norm-attack.js';
import type { Bounds, Norm } from './threat-model.js';

/** The share of the largest distance that is used, so that lengths summed in float32 by an engine do not exceed it in float64. */
const WITHIN = 1 - 1e-5;

/** Forward evaluations along the ray of the first gradient. */
const FIRST_PROBES = 8;

/** Forward evaluations that shorten the best perturbation along its own ray after each round, within this share of its length. */
const POLISH_PROBES = 6;
const POLISH_SHARE = 0.03;

/** A round's first radius, as a share of the length known to succeed, and of the largest where none is known. */
const KNOWN_SHARE = 0.98;
const UNKNOWN_SHARE = 0.5;

/**
 * A search for shortest perturbations by rounds of projected gradient ascent whose radius follows the boundary (see `descend` and
 * `planRounds`), the best of all rounds kept. An iteration costs one gradient evaluation; a round a few forward evaluations more.
 *
 * @param targeted reach a class instead of leaving one
 */
export function compileAdaptivePgd(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: { readonly norm: Norm; readonly bounds: Bounds },
  targeted: boolean,
): MinimumNormAttack {
  const steps = compileDescentSteps(compile, classifier, threat, targeted);
  return { name: 'adaptive-pgd', find: (request) => search(steps, request, targeted) };
}

async function search(steps: DescentSteps, request: AttackRequest, targeted: boolean): Promise<AttackOutcome> {
  const { weights, inputs } = request;
  const maxLength = scalar(request.maxDistance * WITHIN);
  const classes = tensor1d([...request.classes], 'int32');
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const progress = { spent: 0, stopped: false };
  const goOn = async (): Promise<boolean> => {
    progress.stopped ||= !(await request.proceed());
    return !progress.stopped;
  };
  const context: SearchContext = { steps, weights, maxLength, goOn };
  let nearest = tidy(() => nothingFound(inputs, maxLength));
  let directions: Tensor4D | undefined;

  /** One step of the search: over some rivals, from what is known to what is known then. */
  const advance = async (
    round: Round['rivals'],
    step: (problem: DescentProblem) => Promise<Nearest>,
  ): Promise<void> => {
    const rivals = await rivalsOf(context, request, nearest, targeted ? 'all' : round);
    try {
      const next = await step({ inputs, classes, rivals });
      dispose(nearest);
      nearest = next;
    } finally {
      rivals.dispose();
    }
  };

  try {
    if (await goOn()) {
      await advance('all', (problem) => {
        directions = tidy(() => steps.geometry.steepestAscent(steps.gradientsAtInputs(weights, problem)));
        progress.spent += 1;
        return shortenAlong(context, problem, nearest, directions, 0, FIRST_PROBES);
      });
    }
    for (const round of planRounds(request.maxGradientEvaluations)) {
      if (directions === undefined || progress.stopped) break;
      const gradients = directions;
      await advance(round.rivals, async (problem) => {
        const start = startOf(round, context, inputs, nearest, gradients, randoms);
        try {
          const result = await runRound(context, problem, start, round.iterations);
          progress.spent += result.spent;
          const merged = tidy(() =>
            keepShorter(nearest, result.nearest.best, result.nearest.bestLengths, result.nearest.found),
          );
          dispose(result.nearest);
          return merged;
        } finally {
          dispose(start);
        }
      });
      await advance('all', (problem) => polish(context, problem, nearest, POLISH_SHARE, POLISH_PROBES));
    }
    const converged = !progress.stopped && request.maxGradientEvaluations >= MIN_GRADIENT_EVALUATIONS;
    return { perturbations: nearest.best.clone(), gradientEvaluations: progress.spent, converged };
  } finally {
    dispose([maxLength, classes]);
    dispose(nearest);
    directions?.dispose();
  }
}

/** δ and r that a round starts with. */
function startOf(
  { start }: Round,
  { steps: { geometry, bounds }, maxLength }: SearchContext,
  inputs: Tensor4D,
  { best, bestLengths, found }: Nearest,
  directions: Tensor4D,
  randoms: readonly Random[],
): RoundStart {
  return tidy(() => {
    const shared: Tensor1D = mul(bestLengths, start === 'first-gradient' ? KNOWN_SHARE : 1);
    const radii: Tensor1D = where(found, shared, mul(maxLength, UNKNOWN_SHARE));
    const random = geometry.randomStart(inputs, radii, uniformsOf(inputs, randoms), bounds);
    switch (start) {
      case 'random':
        return { perturbations: random, radii };
      case 'best':
        return { perturbations: where(perExample(found), best, random), radii };
      case 'first-gradient': {
        // Where the gradient at x is 0 it points nowhere, and stays so: another point may have one.
        const hasDirection = perExample(greater(geometry.lengths(directions), 0));
        const along = geometry.project(inputs, mul(perExample(radii), directions), radii, bounds);
        return { perturbations: where(hasDirection, along, random), radii };
      }
    }
  });
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
  rivals: Round['rivals'],
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
