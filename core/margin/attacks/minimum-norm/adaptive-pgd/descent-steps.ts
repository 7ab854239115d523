import { greaterEqual, mul, where, zeros } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../../../../engine/engine.js';
import type { Round } from './adaptive-pgd-plan.js';
import type { WeightedClassifier } from '../../../attack-steps.js';
import { perExample, pointAt } from '../../../box.js';
import type { Aim } from '../../attack.js';
import { keepShorter, nothingFound, type Nearest } from '../../steps/nearest.js';
import { iterateOver } from '../../steps/strides.js';
import { successOf } from '../../steps/success.js';
import { descend, explore, type Descent, type DescentProblem, type Objective } from './descent.js';
import { geometryOf } from '../../../geometries.js';
import type { NormGeometry } from '../../../geometry.js';
import { reaching, softMarginOver } from '../../../losses.js';
import type { Classifier } from '../../../pgd-iteration.js';
import { compilePolish, compileRaySearch, type RaySearch } from '../../steps/rays.js';
import type { ThreatModel } from '../../../threat-model.js';

/** Forward evaluations along the ray of a gradient at x. */
const RAY_PROBES = 8;

/** Forward evaluations that shorten the best perturbation along its own ray after each round, within this fraction of its length. */
const POLISH = { fraction: 0.03, probes: 6 };

/** The first radius of a round that starts within the best perturbation, as a fraction of its length. */
const WITHIN_BEST = 0.98;

/** The first radius of a round where nothing is known yet, as a fraction of the largest. */
const UNKNOWN_FRACTION = 0.5;

/** What the start of a round is made of. */
export type RoundSource = {
  /** x, [n, h, w, c]. */
  readonly inputs: Tensor4D;
  readonly known: Nearest;
  /** The largest length that counts. */
  readonly maxLength: Scalar;
  /** In [0, 1), of the inputs' shape: what random starts are made of. */
  readonly uniforms: Tensor4D;
};

/** What a search by descents is made of: pure functions, compiled once for a classifier, a norm, bounds and an aim. */
export interface DescentSteps {
  readonly geometry: NormGeometry;
  /** Where a round stands before its first iteration. */
  readonly startRound: Readonly<Record<Round['start'], (source: RoundSource) => Descent>>;
  /** As many iterations as there are rows of strides: α and γ, [k, 2]. */
  readonly iterate: (weights: TensorMap, problem: DescentProblem, descent: Descent, strides: Tensor2D) => Descent;
  /** What is nearest once a round's best counts too. */
  readonly keepBest: (known: Nearest, descent: Descent) => Nearest;
  /** The same once its δ has been tried as well: one forward evaluation. */
  readonly tryLast: (weights: TensorMap, problem: DescentProblem, known: Nearest, descent: Descent) => Nearest;
  /** Searches the ray of steepest ascent at x, up to what is known to succeed: one gradient evaluation, and a forward evaluation a probe. */
  readonly ascent: RaySearch<DescentProblem>;
  /** Brings the nearest known closer along its own rays, by at most a fraction of its length. */
  readonly polish: RaySearch<DescentProblem>;
  /** z at x + δ. */
  readonly logitsAt: (weights: TensorMap, inputs: Tensor4D, perturbations: Tensor4D) => Tensor2D;
}

/** Compiles the steps of a search. */
export function compileDescentSteps(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  aim: Aim,
): DescentSteps {
  const { bounds } = threat;
  const geometry = geometryOf(threat.norm);
  const objective: Objective = {
    search: aim === 'targeted' ? (rivals, sharpness) => reaching(softMarginOver(rivals, sharpness)) : softMarginOver,
    success: successOf(aim),
  };
  const at =
    (weights: TensorMap): Classifier =>
    (inputs) =>
      classifier(weights, inputs);
  const logitsAt = (weights: TensorMap, inputs: Tensor4D, perturbations: Tensor4D): Tensor2D =>
    classifier(weights, pointAt(inputs, perturbations, bounds));
  const startAt = (start: Round['start']) =>
    compile((source: RoundSource): Descent => startOf(geometry, bounds, start, source));
  const rays = { classifier, success: objective.success, geometry, bounds };

  return {
    geometry,
    startRound: { 'within-best': startAt('within-best'), best: startAt('best'), random: startAt('random') },
    iterate: compile(
      (weights: TensorMap, problem: DescentProblem, descent: Descent, strides: Tensor2D): Descent =>
        iterateOver(strides, descent, (before, stride) => {
          const [step, adaptation] = stride as readonly [Scalar, Scalar];
          return descend(at(weights), objective, geometry, bounds, problem, before, { step, adaptation });
        }),
      LASTING_WEIGHTS,
    ),
    keepBest: compile((known: Nearest, { best, bestLengths, found }: Descent) =>
      keepShorter(known, best, bestLengths, found),
    ),
    tryLast: compile(
      (weights: TensorMap, { inputs, classes }: DescentProblem, known: Nearest, descent: Descent): Nearest => {
        const { perturbations } = descent;
        const success: Tensor1D = greaterEqual(objective.success(logitsAt(weights, inputs, perturbations), classes), 0);
        const own = keepShorter(descent, perturbations, geometry.lengths(perturbations), success);
        return keepShorter(known, own.best, own.bestLengths, own.found);
      },
      LASTING_WEIGHTS,
    ),
    ascent: compileRaySearch(compile, rays, {
      directions: (weights, problem) =>
        geometry.steepestAscent(
          explore(at(weights), objective, geometry, bounds, problem, zeros(problem.inputs.shape)).gradients,
        ),
      lowFraction: 0,
      probes: RAY_PROBES,
      endFirst: true,
    }),
    polish: compilePolish(compile, rays, POLISH),
    logitsAt: compile(logitsAt, LASTING_WEIGHTS),
  };
}

/** δ and r that a round starts with, inside ball and box. It knows nothing of what was found before, so that it can lead elsewhere. */
function startOf(
  geometry: NormGeometry,
  bounds: ThreatModel['bounds'],
  start: Round['start'],
  { inputs, known: { best, bestLengths, found }, maxLength, uniforms }: RoundSource,
): Descent {
  const radii: Tensor1D = where(
    found,
    mul(bestLengths, start === 'within-best' ? WITHIN_BEST : 1),
    mul(maxLength, UNKNOWN_FRACTION),
  );
  const random = geometry.randomStart(inputs, radii, uniforms, bounds);
  const known: Tensor4D = start === 'best' ? best : mul(best, WITHIN_BEST);
  const perturbations: Tensor4D = start === 'random' ? random : where(perExample(found), known, random);
  // In the order that iterations give: arguments of another order are compiled for again.
  return { perturbations, radii, ...nothingFound(inputs, maxLength) };
}
