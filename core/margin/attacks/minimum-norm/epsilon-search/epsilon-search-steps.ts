import {
  add,
  argMax,
  cast,
  clone,
  fill,
  greaterEqual,
  less,
  maximum,
  minimum,
  mul,
  sub,
  where,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../../engine/engine.js';
import type { WeightedClassifier } from '../../../attack-steps.js';
import { perExample, pointAt } from '../../../box.js';
import { logitRatioTowards, reachingLogitRatio } from '../../../logit-ratio.js';
import { EXCLUDED, isClass, type Loss } from '../../../loss.js';
import { drawnIntoBall } from '../../../scaling.js';
import type { ThreatModel } from '../../../threat-model.js';
import type { Aim } from '../../attack.js';
import type { BallProblem, BallState } from '../../steps/ball/ball-method.js';
import { ballSpace } from '../../steps/ball/ball-space.js';
import { ascendedLoss } from '../../steps/ball/ascended-loss.js';
import { followedGradients } from '../../steps/followed-gradients.js';
import { keepShorter, type Nearest } from '../../steps/nearest.js';
import { compilePolish, compileRaySearch, type RaySearch } from '../../steps/rays.js';
import { scoredGradient } from '../../steps/scored-gradient.js';
import type { SearchProblem } from '../../steps/search-runs.js';
import { iterateOver } from '../../steps/strides.js';
import { successOf } from '../../steps/success.js';
import type { EpsilonAscent } from './epsilon-ascent.js';
import type { EpsilonRound } from './epsilon-search-plan.js';

/** How far below the shortest length a radius is, as a fraction of it, at first; what a run that does not shorten it by that makes of it; and at least. */
const FIRST_GAP = 0.02;
const AFTER_FAILURE = 0.5;
const SMALLEST_GAP = 0.001;

/** The first radius where nothing is known, as a fraction of the largest; a failure doubles it. */
const FIRST_REACH = 0.5;

/** Forward evaluations along the first ray, and along those of the best after each run. */
const RAY_PROBES = 10;
const POLISH = { fraction: 1, probes: 12 };

/** Which radii are tried; batched, [n] each. */
export type EpsilonPace = {
  /** By what share the radius is below the shortest length, where one is known. */
  readonly gaps: Tensor1D;
  /** The radius as a fraction of the largest length, where none is known. */
  readonly reaches: Tensor1D;
  /** The shortest length before the last run. */
  readonly before: Tensor1D;
};

/** A run: where it leads, and where it stands. */
export type EpsilonRun<S extends BallState> = {
  readonly targets: Tensor1D;
  readonly radii: Tensor1D;
  /** By what share the radius falls below a success, [n]. */
  readonly gaps: Tensor1D;
  readonly ascent: S;
};

/** What is known, and the run that is under way. */
export type EpsilonState<S extends BallState> = { readonly nearest: Nearest; readonly run: EpsilonRun<S> };

/** What a run starts from. */
export type EpsilonSource = {
  readonly nearest: Nearest;
  readonly pace: EpsilonPace;
  /** The classes of the plan's rank, [n] int32; without meaning where the class that is reached is the target. */
  readonly ranked: Tensor1D;
  /** In [0, 1), of the inputs' shape. */
  readonly uniforms: Tensor4D;
};

/** What the search is made of: pure functions, compiled once. All results are new, for the caller to dispose. */
export interface EpsilonSteps<S extends BallState> {
  readonly strides: EpsilonAscent<S>['strides'];
  readonly firstPace: (nearest: Nearest) => EpsilonPace;
  /** The next radii, and a run before its first iteration. The first costs one forward evaluation. */
  readonly open: Readonly<
    Record<
      EpsilonRound['start'],
      (weights: TensorMap, problem: SearchProblem, source: EpsilonSource) => { pace: EpsilonPace; run: EpsilonRun<S> }
    >
  >;
  /** As many iterations as there are rows of strides, [k, 3]. */
  readonly iterate: (
    weights: TensorMap,
    problem: SearchProblem,
    state: EpsilonState<S>,
    strides: Tensor2D,
  ) => EpsilonState<S>;
  /** Tries the last δ: one forward evaluation. */
  readonly tryLast: (weights: TensorMap, problem: SearchProblem, state: EpsilonState<S>) => Nearest;
  /** Searches the ray of steepest ascent at x: one gradient evaluation, and a forward evaluation a probe. */
  readonly ascent: RaySearch<SearchProblem>;
  /** Brings the nearest closer along its own rays. */
  readonly polish: RaySearch<SearchProblem>;
}

/** Compiles the steps of a search. */
export function compileEpsilonSteps<S extends BallState>(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
  method: EpsilonAscent<S>,
): EpsilonSteps<S> {
  const space = ballSpace(threat);
  const { geometry, bounds } = space;
  const success = successOf(aim);
  const lossTowards = (targets: Tensor1D): Loss =>
    aim === 'untargeted' ? logitRatioTowards(targets) : reachingLogitRatio;
  const logitsAt = (weights: TensorMap, { inputs }: SearchProblem, perturbations: Tensor4D): Tensor2D =>
    classifier(weights, pointAt(inputs, perturbations, bounds));
  const ballOf = (
    { inputs, classes, sharpness }: SearchProblem,
    { targets, radii }: Pick<EpsilonRun<S>, 'targets' | 'radii'>,
  ) => ({ inputs, classes, targets, radii, sharpness }) satisfies BallProblem;

  const iterateOnce = (
    weights: TensorMap,
    problem: SearchProblem,
    { nearest, run }: EpsilonState<S>,
    stride: readonly Scalar[],
  ): EpsilonState<S> => {
    const { targets, radii, gaps, ascent } = run;
    const { perturbations } = ascent;
    const points = pointAt(problem.inputs, perturbations, bounds);
    const { losses, gradients, logits } = scoredGradient(
      (x) => classifier(weights, x),
      lossTowards(targets),
      points,
      problem.classes,
    );
    const succeeds: Tensor1D = greaterEqual(success(logits, problem.classes), 0);
    const known = keepShorter(nearest, perturbations, geometry.lengths(perturbations), succeeds);
    // What is left of a run that has succeeded goes on in a smaller ball, whose losses begin anew.
    const smaller: Tensor1D = where(succeeds, mul(known.bestLengths, sub(1, gaps)), radii);
    const forgetful = method.forgetting(ascent, succeeds);
    const ball = ballOf(problem, { targets, radii: smaller });
    const followed = followedGradients(geometry, gradients, points, bounds);
    const next = method.advance(space, ball, forgetful, { losses, gradients: followed }, stride);
    return {
      nearest: known,
      run: {
        targets: clone(targets),
        radii: smaller,
        gaps: clone(gaps),
        ascent: method.forgetting(next, succeeds),
      },
    };
  };

  const openFrom = (start: EpsilonRound['start']) =>
    compile((weights: TensorMap, problem: SearchProblem, source: EpsilonSource) => {
      const { nearest, ranked, uniforms } = source;
      const { pace, radii } = nextPace(source.nearest, source.pace, problem.maxLength);
      const reached = start === 'best' ? rivalOf(logitsAt(weights, problem, nearest.best), problem.classes) : ranked;
      const targets: Tensor1D = clone(reached);
      const ball = ballOf(problem, { targets, radii });
      const random = space.randomStart(ball, uniforms);
      const from =
        start === 'best'
          ? where(perExample(nearest.found), space.project(ball, drawnIn(nearest, radii)), random)
          : random;
      return {
        pace,
        run: { targets, radii, gaps: clone(pace.gaps), ascent: method.open(ball, from, start) },
      };
    }, LASTING_WEIGHTS);

  const rays = { classifier, success, geometry, bounds };
  return {
    strides: method.strides,
    firstPace: ({ bestLengths }) => ({
      gaps: fill(bestLengths.shape, FIRST_GAP),
      reaches: fill(bestLengths.shape, FIRST_REACH / 2),
      // As if a run had succeeded.
      before: mul(bestLengths, 2),
    }),
    open: { best: openFrom('best'), random: openFrom('random') },
    iterate: compile(
      (weights: TensorMap, problem: SearchProblem, state: EpsilonState<S>, strides: Tensor2D): EpsilonState<S> =>
        iterateOver(strides, state, (before, stride) => iterateOnce(weights, problem, before, stride)),
      LASTING_WEIGHTS,
    ),
    tryLast: compile((weights: TensorMap, problem: SearchProblem, { nearest, run }: EpsilonState<S>): Nearest => {
      const { perturbations } = run.ascent;
      const logits = logitsAt(weights, problem, perturbations);
      const succeeds: Tensor1D = greaterEqual(success(logits, problem.classes), 0);
      return keepShorter(nearest, perturbations, geometry.lengths(perturbations), succeeds);
    }, LASTING_WEIGHTS),
    ascent: compileRaySearch(compile, rays, {
      directions: (weights, { inputs, classes, sharpness }) => {
        const at = (x: Tensor4D): Tensor2D => classifier(weights, x);
        return geometry.steepestAscent(
          scoredGradient(at, ascendedLoss('lm', aim, sharpness), inputs, classes).gradients,
        );
      },
      lowFraction: 0,
      probes: RAY_PROBES,
      endFirst: true,
    }),
    polish: compilePolish(compile, rays, POLISH),
  };
}

/** The class of the largest logit but that of the class to leave, [n] int32. */
const rivalOf = (logits: Tensor2D, classes: Tensor1D): Tensor1D =>
  cast(argMax(add(logits, mul(isClass(classes, logits.shape[1]), EXCLUDED)), 1), 'int32');

/** b, drawn towards x by the fraction that the radius is below its length. */
const drawnIn = ({ best, bestLengths }: Nearest, radii: Tensor1D): Tensor4D => drawnIntoBall(best, bestLengths, radii);

/**
 * The next radii, [n]:
 *
 *     the last run shortened ‖b‖ by the share g:   r ← (1 − g) ‖b‖
 *     it did not:                                  g ← max(g / 2, 0.001);   r ← (1 − g) ‖b‖
 *     nothing is known:                            s ← min(2 s, 1);         r ← s · the largest length
 */
function nextPace(
  { bestLengths, found }: Nearest,
  { gaps, reaches, before }: EpsilonPace,
  maxLength: Scalar,
): { pace: EpsilonPace; radii: Tensor1D } {
  const shortened = less(bestLengths, mul(before, sub(1, gaps)));
  const narrower: Tensor1D = maximum(mul(gaps, AFTER_FAILURE), SMALLEST_GAP);
  const next: Tensor1D = where(shortened, gaps, narrower);
  const grown: Tensor1D = minimum(mul(reaches, 2), 1);
  const radii: Tensor1D = where(found, mul(bestLengths, sub(1, next)), mul(maxLength, grown));
  return { pace: { gaps: next, reaches: grown, before: clone(bestLengths) }, radii };
}
