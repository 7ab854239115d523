import { dispose, fill, greaterEqual, lessEqual, logicalAnd, tensor1d, tidy, where } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../../engine/engine.js';
import { createRandom } from '../../../../random.js';
import type { WeightedClassifier } from '../../../attack-steps.js';
import { pointAt } from '../../../box.js';
import { watchedPace } from '../../../pace.js';
import type { Classifier } from '../../../pgd-iteration.js';
import { sharpnessOf } from '../../../sharpness.js';
import type { ThreatModel } from '../../../threat-model.js';
import type { Aim, AttackOutcome, FixedNormRequest } from '../../attack.js';
import { followedGradients } from '../followed-gradients.js';
import { cloned } from '../cloned.js';
import { scoredGradient } from '../scored-gradient.js';
import { runIterations } from '../run-iterations.js';
import { areShort } from '../short-evaluations.js';
import { iterateOver, stridesOf } from '../strides.js';
import { areAllFound, keepStronger, LEAST, nothingTried, type Strongest } from '../strongest.js';
import { successOf } from '../success.js';
import { uniformsOf } from '../uniforms.js';
import type { BallMethod, BallProblem, BallState } from './ball-method.js';
import { ballSpace } from './ball-space.js';

type Run<S> = { readonly state: S; readonly strongest: Strongest };

/** What a search within balls is made of: pure functions, compiled once. All results are new, for the caller to dispose. */
interface BallSteps<S extends BallState> {
  readonly method: BallMethod<S>;
  readonly start: (problem: BallProblem, uniforms: Tensor4D) => S;
  /** As many iterations as there are rows of strides, [k, m]. */
  readonly iterate: (weights: TensorMap, problem: BallProblem, run: Run<S>, strides: Tensor2D) => Run<S>;
  /** What is best once δ has been tried as well: one forward evaluation. */
  readonly tryLast: (weights: TensorMap, problem: BallProblem, run: Run<S>) => Strongest;
}

/**
 * Compiles a search within balls by gradient ascent: runs from random starts, each of N gradient evaluations and one forward evaluation. The first
 * perturbation that succeeds is kept, or else that of the largest loss, over all iterations of all runs. It ends after a run with which all
 * inputs of the batch have succeeded: what follows would change nothing.
 */
export function compileBallSearch<S extends BallState>(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
  method: BallMethod<S>,
): (request: FixedNormRequest) => Promise<AttackOutcome> {
  const { bounds } = threat;
  const space = ballSpace(threat);
  const success = successOf(aim);
  const at =
    (weights: TensorMap): Classifier =>
    (inputs) =>
      classifier(weights, inputs);
  const keep = (
    known: Strongest,
    problem: BallProblem,
    perturbations: Tensor4D,
    logits: Tensor2D,
    losses: Tensor1D,
  ): Strongest => {
    const ranks = method.rank === undefined ? losses : method.rank(problem)(logits, problem.classes);
    const succeeds: Tensor1D = greaterEqual(success(logits, problem.classes), 0);
    if (method.strays !== true) return keepStronger(known, perturbations, ranks, succeeds);
    const inside: Tensor1D = lessEqual(space.geometry.lengths(perturbations), problem.radii);
    const counted: Tensor1D = where(inside, ranks, fill(ranks.shape, LEAST));
    return keepStronger(known, perturbations, counted, logicalAnd(inside, succeeds));
  };

  const iterateOnce = (weights: TensorMap, problem: BallProblem, run: Run<S>, stride: readonly Scalar[]): Run<S> => {
    const { perturbations } = run.state;
    const points = pointAt(problem.inputs, perturbations, bounds);
    const { losses, gradients, logits } = scoredGradient(at(weights), method.loss(problem), points, problem.classes);
    const followed = followedGradients(space.geometry, gradients, points, bounds);
    return {
      state: method.advance(space, problem, run.state, { losses, gradients: followed }, stride),
      strongest: keep(run.strongest, problem, perturbations, logits, losses),
    };
  };

  const steps: BallSteps<S> = {
    method,
    start: compile((problem: BallProblem, uniforms: Tensor4D): S =>
      method.open(problem, method.start?.(space, problem, uniforms) ?? space.randomStart(problem, uniforms)),
    ),
    iterate: compile((weights: TensorMap, problem: BallProblem, run: Run<S>, strides: Tensor2D): Run<S> => {
      return iterateOver(strides, run, (before, stride) => iterateOnce(weights, problem, before, stride));
    }, LASTING_WEIGHTS),
    tryLast: compile((weights: TensorMap, problem: BallProblem, { state, strongest }: Run<S>): Strongest => {
      const logits = classifier(weights, pointAt(problem.inputs, state.perturbations, bounds));
      const losses = method.loss(problem)(logits, problem.classes);
      return keep(strongest, problem, state.perturbations, logits, losses);
    }, LASTING_WEIGHTS),
  };
  return (request) => search(steps, request);
}

async function search<S extends BallState>(steps: BallSteps<S>, request: FixedNormRequest): Promise<AttackOutcome> {
  const { inputs, restarts } = request;
  const randoms = request.seeds.map((seed) => createRandom(seed));
  const { shouldContinue, stopped } = watchedPace(request.shouldContinue);
  let gradientEvaluations = 0;
  const towards = (restart: number) => steps.method.targets?.(request, restart) ?? [request.classes];
  const runs = Array.from({ length: restarts }, (_, restart) => towards(restart)).flat();
  const given = {
    inputs,
    classes: tensor1d([...request.classes], 'int32'),
    radii: tensor1d([...request.radii]),
    sharpness: tensor1d(request.logits.map(sharpnessOf)),
  };
  let strongest = nothingTried(inputs);
  try {
    for (const [index, target] of runs.entries()) {
      if (!(await shouldContinue())) break;
      const problem: BallProblem = { ...given, targets: tensor1d([...target], 'int32') };
      try {
        const start = tidy(() => steps.start(problem, uniformsOf(inputs, randoms)));
        const { found, spent } = await runOnce(steps, request, problem, start, strongest, shouldContinue);
        dispose(strongest);
        strongest = found;
        gradientEvaluations += spent;
      } finally {
        problem.targets.dispose();
      }
      if (stopped() || (index + 1 < runs.length && (await areAllFound(strongest)))) break;
    }
    return {
      perturbations: strongest.best.clone(),
      gradientEvaluations,
      complete: !stopped(),
    };
  } finally {
    dispose([given.classes, given.radii, given.sharpness]);
    dispose(strongest);
  }
}

/**
 * One run.
 *
 * @param start disposed, whatever happens
 * @returns what is best then, for the caller to dispose, and the gradient evaluations spent
 */
function runOnce<S extends BallState>(
  { method, iterate, tryLast }: BallSteps<S>,
  { weights, inputs, iterations, stepFraction }: FixedNormRequest,
  problem: BallProblem,
  start: S,
  known: Strongest,
  shouldContinue: () => Promise<boolean>,
): Promise<{ found: Strongest; spent: number }> {
  const strides = method.strides(iterations, stepFraction);
  return runIterations<Run<S>, Strongest>(
    { together: areShort(weights, inputs), shouldContinue },
    {
      iterations,
      start: { state: start, strongest: cloned(known) },
      take: (run, first, count) => iterate(weights, problem, run, stridesOf(strides, first, count)),
      close: (run, complete) => (complete ? tryLast(weights, problem, run) : cloned(run.strongest)),
    },
  );
}
