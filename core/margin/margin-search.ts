import { gather, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { filledUp } from '../engine/batch-size.js';
import { LASTING_WEIGHTS, type Compile, type TensorMap } from '../engine/engine.js';
import { invalidInput } from '../errors.js';
import type { WeightedClassifier } from './attack-steps.js';
import { hasConverged } from './convergence.js';
import { verify, isAdversarial, type Verified } from './verify.js';
import { isUnresolved, largestLogit, logitMarginOf, readLogits } from './host-logits.js';
import { seedsOfImages } from './image-seeds.js';
import type { AttackKind, MinimumNormAttack, MinimumNormRequest } from './attacks/attack.js';
import { bestOf } from './attacks/minimum-norm/best-of.js';
import { neverStop, type ShouldContinue } from './pace.js';
import type { ThreatModel } from './threat-model.js';

/**
 * `found`: a verified perturbation that leads away from the label, or, where there is a target, to the target; `not-found`: the search found none up to
 * the largest distance, which proves nothing; `misclassified`: there is no target, and the unperturbed input is answered otherwise than its label;
 * `target-reached`: the unperturbed input is answered with the target, whatever its label. Of the last two nothing is searched.
 */
export type MarginStatus = 'found' | 'not-found' | 'misclassified' | 'target-reached';

/** What is known of one input's margin. */
export interface MarginFinding {
  readonly status: MarginStatus;
  /** argmax_j z_j at the unperturbed input; ties: the lowest index. */
  readonly predictedClass: number;
  /** y: what the margin is relative to. */
  readonly label: number;
  /** ‖δ‖ of the returned perturbation, in float64: an upper bound of the margin. 0 where nothing was searched; `maxDistance`, no bound, if none was found. */
  readonly distance: number;
  /** Nothing shorter changes the answer; 0 until something certifies more. */
  readonly lowerBound: number;
  /** The class at x + δ; −1 if none was found or none looked for. */
  readonly adversarialClass: number;
  /** LM at the unperturbed input, max_{j≠y} z_j − z_y: negative means correct. */
  readonly logitMargin: number;
  /** Float32 cannot tell the two largest logits of the unperturbed input apart (see `isUnresolved`): status and distance rest on rounding. */
  readonly unresolved: boolean;
  /** What looked for the perturbation. */
  readonly attack: string;
  /** What was spent on this input; 0 where nothing was searched. */
  readonly gradientEvaluations: number;
  /** Whether the search ran its plan to the end: false if `shouldContinue` stopped it before. */
  readonly complete: boolean;
  /**
   * Whether it also settled: something was found, and over the last half of the gradient evaluations, at least the last 100, the distance fell by no
   * more than 1 % (see `hasConverged`). Where nothing was found it is false, where nothing was searched true.
   */
  readonly converged: boolean;
}

/** Which margins to find. Tensors stay the caller's. */
export interface MarginSearchRequest {
  readonly weights: TensorMap;
  /** x, [n, h, w, c] float32, inside the bounds. */
  readonly inputs: Tensor4D;
  /** y, one an input, 0 … k − 1; absent: the model's own answers. */
  readonly labels?: readonly number[];
  /** The largest ‖δ‖ that is looked for, > 0. */
  readonly maxDistance: number;
  /** What an input may cost, at least 1. Forward evaluations are not counted; there are a bounded number for each gradient. */
  readonly maxGradientEvaluations: number;
  /** Look only for points that are classified as this class, whatever the labels are. */
  readonly targetClass?: number;
  /** What random starts are drawn from, together with each input itself (see `seedsOfImages`). */
  readonly seed: bigint;
  /** Asked before each iteration, or, where iterations are short, every few of them: false ends the search with the best so far. What it throws ends the search with that error. */
  readonly shouldContinue?: ShouldContinue;
}

/** What was found, in the order of the inputs. */
export interface MarginSearchResult {
  readonly findings: readonly MarginFinding[];
  /** δ, [n, h, w, c] float32; 0 where the status is not `found`. clip(x + δ) in float32 is the point that was classified. The caller disposes it. */
  readonly perturbations: Tensor4D;
}

/** Searches for the shortest perturbations that change a classifier's answers. */
export interface MarginSearch {
  /**
   * The margins of a batch of inputs. An answer depends on its input, the request's numbers and the seed, not on its place or its neighbours, but for the
   * rounding of an engine that computes batches of another size otherwise.
   *
   * @throws invalid-input naming the field
   */
  find(request: MarginSearchRequest): Promise<MarginSearchResult>;
}

/**
 * Compiles the margin search of a classifier for a norm and bounds.
 *
 * @param kind what looks for the perturbations
 */
export function compileMarginSearch(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: ThreatModel,
  kind: AttackKind<MinimumNormAttack> = bestOf,
): MarginSearch {
  const logitsAt = compile(
    (weights: TensorMap, points: Tensor4D): Tensor2D => classifier(weights, points),
    LASTING_WEIGHTS,
  );
  const attacks = new Map(kind.aims.map((aim) => [aim, kind.compile(compile, classifier, threat, aim)]));

  return {
    find: async (request) => {
      checkNumbers(request);
      const { weights, inputs, targetClass } = request;
      const attack = attacks.get(targetClass === undefined ? 'untargeted' : 'targeted');
      if (attack === undefined)
        throw invalidInput('target_class', `none: ${kind.name} reaches no class`, `${targetClass}`);
      const all = filledUp(Array.from({ length: inputs.shape[0] }, (_, index) => index));
      const { classes, rows: filledRows } = await readLogits(tidy(() => logitsAt(weights, rowsOf(inputs, all))));
      const rows = filledRows.slice(0, inputs.shape[0]);
      checkClasses(request, classes);
      const findings = rows.map((logits, index) => unsearched(request, attack.name, logits, index));
      const searched = [...findings.keys()].filter((index) => findings[index]?.status === 'not-found');
      const size = inputs.size / inputs.shape[0];
      const perturbations = new Float32Array(inputs.size);
      if (searched.length > 0) {
        const filled = filledUp(searched);
        const some: Tensor4D = tidy(() => rowsOf(inputs, filled).clone());
        try {
          const seeds = await seedsOfImages(request.seed, some, threat.bounds);
          const outcome = await attack.find(attackRequest(request, some, seeds, filled, findings, rows));
          const followed = await verify(logitsAt, weights, some, outcome.perturbations, threat);
          for (const [row, index] of searched.entries()) {
            const before = findings[index];
            const reached = followed[row];
            if (before === undefined || reached === undefined) continue;
            const after = verified(request, before, reached);
            findings[index] = {
              ...after,
              attack: (after.status === 'found' ? outcome.foundBy?.[row] : undefined) ?? before.attack,
              gradientEvaluations: outcome.gradientEvaluations,
              complete: outcome.complete,
              converged:
                after.status === 'found' &&
                !before.unresolved &&
                outcome.complete &&
                hasConverged(outcome.trace, row, after.distance, outcome.gradientEvaluations),
            };
            if (after.status === 'found') perturbations.set(reached.perturbation, index * size);
          }
        } finally {
          some.dispose();
        }
      }
      return { findings, perturbations: tensor4d(perturbations, inputs.shape) };
    },
  };
}

/** The given rows of a batch; the batch itself where they are all of it. */
function rowsOf(inputs: Tensor4D, rows: readonly number[]): Tensor4D {
  const whole = rows.length === inputs.shape[0] && rows.every((row, index) => row === index);
  return whole ? inputs : gather(inputs, tensor1d([...rows], 'int32'));
}

/** What is known of an input before any search. */
function unsearched(
  { labels, targetClass, maxDistance }: MarginSearchRequest,
  attack: string,
  logits: Float32Array,
  index: number,
): MarginFinding {
  const predictedClass = largestLogit(logits);
  const label = labels?.[index] ?? predictedClass;
  const status = statusAtInput(predictedClass, label, targetClass);
  return {
    status,
    predictedClass,
    label,
    distance: status === 'not-found' ? maxDistance : 0,
    lowerBound: 0,
    adversarialClass: -1,
    logitMargin: logitMarginOf(logits, label),
    unresolved: isUnresolved(logits),
    attack,
    gradientEvaluations: 0,
    complete: true,
    converged: status !== 'not-found',
  };
}

/** What there is to say of an input before any search: with a target its label does not matter. */
function statusAtInput(predictedClass: number, label: number, targetClass: number | undefined): MarginStatus {
  if (targetClass === undefined) return predictedClass === label ? 'not-found' : 'misclassified';
  return predictedClass === targetClass ? 'target-reached' : 'not-found';
}

function attackRequest(
  request: MarginSearchRequest,
  inputs: Tensor4D,
  seeds: readonly bigint[],
  searched: readonly number[],
  findings: readonly MarginFinding[],
  rows: readonly Float32Array[],
): MinimumNormRequest {
  const { weights, maxDistance, maxGradientEvaluations, targetClass } = request;
  return {
    weights,
    inputs,
    classes: searched.map((index) => targetClass ?? findings[index]?.label ?? 0),
    logits: searched.map((index) => rows[index] ?? new Float32Array()),
    seeds,
    maxDistance,
    maxGradientEvaluations,
    shouldContinue: request.shouldContinue ?? neverStop,
  };
}

/** The finding, if the perturbation is as short as it must be and the point that it leads to is answered as it must be. */
function verified(
  { maxDistance, targetClass }: MarginSearchRequest,
  finding: MarginFinding,
  reached: Verified,
): MarginFinding {
  const { distance } = reached;
  const adversarialClass = largestLogit(reached.logits);
  const succeeds =
    targetClass === undefined
      ? isAdversarial(reached, finding.label, maxDistance)
      : adversarialClass === targetClass && distance <= maxDistance;
  return succeeds ? { ...finding, status: 'found', distance, adversarialClass } : finding;
}

function checkNumbers({ inputs, labels, maxDistance, maxGradientEvaluations }: MarginSearchRequest): void {
  if (inputs.shape[0] < 1) throw invalidInput('inputs', 'at least one', 'none');
  if (!(maxDistance > 0 && Number.isFinite(maxDistance))) {
    throw invalidInput('max_distance', 'a positive number', String(maxDistance));
  }
  if (!Number.isSafeInteger(maxGradientEvaluations) || maxGradientEvaluations < 1) {
    throw invalidInput('budget.max_gradient_evaluations', 'an integer of at least 1', String(maxGradientEvaluations));
  }
  if (labels !== undefined && labels.length !== inputs.shape[0]) {
    throw invalidInput('labels', `one for each of ${inputs.shape[0]} inputs`, `${labels.length}`);
  }
}

function checkClasses({ labels, targetClass }: MarginSearchRequest, classes: number): void {
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < classes;
  for (const [index, label] of (labels ?? []).entries()) {
    if (!isClass(label)) throw invalidInput(`labels[${index}]`, `a class from 0 to ${classes - 1}`, String(label));
  }
  if (targetClass !== undefined && !isClass(targetClass)) {
    throw invalidInput('target_class', `a class from 0 to ${classes - 1}`, String(targetClass));
  }
}
