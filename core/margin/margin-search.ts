import { gather, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Compile, TensorMap } from '../engine/engine.js';
import { invalidInput } from '../errors.js';
import type { WeightedClassifier } from './attack-steps.js';
import { pointAt } from './box.js';
import { hostLength } from './host-length.js';
import { largestLogit, logitMarginOf, readLogits } from './host-logits.js';
import { compileNearestSearch, type NearestSearch } from './nearest-search.js';
import { unhurried, type Proceed } from './pace.js';
import type { Bounds, Norm } from './threat-model.js';

/**
 * `found`: a verified perturbation; `not-found`: none up to the largest distance (censored);
 * `misclassified`: the unperturbed input is already answered wrongly (or with the target class), so there is nothing to search.
 */
export type MarginStatus = 'found' | 'not-found' | 'misclassified';

/** What is known of one input's margin. */
export interface MarginFinding {
  readonly status: MarginStatus;
  /** argmax_j z_j at the unperturbed input; the first of equals. */
  readonly predictedClass: number;
  /** y: what the margin is relative to. */
  readonly label: number;
  /** ‖δ‖ of the returned perturbation, in float64: an upper bound of the margin. 0 if misclassified, `maxDistance` if none was found. */
  readonly distance: number;
  /** Nothing shorter changes the answer; 0 until something certifies more. */
  readonly lowerBound: number;
  /** The class at x + δ; −1 if none was found or none looked for. */
  readonly adversarialClass: number;
  /** LM at the unperturbed input, max_{j≠y} z_j − z_y: negative means correct. */
  readonly logitMargin: number;
  /** What looked for the perturbation. */
  readonly attack: string;
  /** What was spent on this input; 0 if misclassified. */
  readonly gradientEvaluations: number;
  /** Whether the search ran its plan to the end: false if `proceed` stopped it before. */
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
  /** Look only for points that are classified as this class. Inputs that are already so are `misclassified`. */
  readonly targetClass?: number;
  /** What random starts are drawn from, together with each input's index. */
  readonly seed: bigint;
  /** The index of the first input, for a caller that asks in parts (default 0): the parts then find what the whole would. */
  readonly firstIndex?: number;
  /** Asked between iterations: false ends the search with the best so far. What it throws ends the search with that error. */
  readonly proceed?: Proceed;
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
   * The margins of a batch of inputs; each answer is independent of its neighbours in the batch.
   *
   * @throws invalid-input naming the field
   */
  find(request: MarginSearchRequest): Promise<MarginSearchResult>;
}

/** Compiles the margin search of a classifier for a norm and bounds. */
export function compileMarginSearch(
  compile: Compile,
  classifier: WeightedClassifier,
  threat: { readonly norm: Norm; readonly bounds: Bounds },
): MarginSearch {
  const logitsAt = compile((weights: TensorMap, inputs: Tensor4D, perturbations: Tensor4D): Tensor2D =>
    classifier(weights, pointAt(inputs, perturbations, threat.bounds)),
  );
  const cleanLogits = compile((weights: TensorMap, inputs: Tensor4D): Tensor2D => classifier(weights, inputs));
  const searches = new Map<boolean, NearestSearch>();
  const searchFor = (targeted: boolean): NearestSearch => {
    const known = searches.get(targeted) ?? compileNearestSearch(compile, classifier, threat, targeted);
    searches.set(targeted, known);
    return known;
  };

  return {
    find: async (request) => {
      const { weights, inputs, labels, maxDistance, targetClass, proceed = unhurried } = request;
      checkNumbers(request);
      const logits = await readLogits(tidy(() => cleanLogits(weights, inputs)));
      checkClasses(request, logits.classes);
      const search = searchFor(targetClass !== undefined);
      const findings = logits.rows.map((row, index): MarginFinding => {
        const predictedClass = largestLogit(row);
        const label = labels?.[index] ?? predictedClass;
        const misclassified = predictedClass !== label || predictedClass === targetClass;
        return {
          status: misclassified ? 'misclassified' : 'not-found',
          predictedClass,
          label,
          distance: misclassified ? 0 : maxDistance,
          lowerBound: 0,
          adversarialClass: -1,
          logitMargin: logitMarginOf(row, label),
          attack: search.name,
          gradientEvaluations: 0,
          converged: true,
        };
      });
      const all = new Float32Array(inputs.size);
      const searched = findings.flatMap((finding, index) => (finding.status === 'misclassified' ? [] : [index]));
      if (searched.length > 0) {
        const some = tidy(() => gather(inputs, tensor1d(searched, 'int32')));
        const classes: Tensor1D = tensor1d(
          searched.map((index) => targetClass ?? findings[index]?.label ?? 0),
          'int32',
        );
        try {
          const outcome = await search.find({
            weights,
            inputs: some,
            classes,
            indices: searched.map((index) => index + (request.firstIndex ?? 0)),
            maxDistance,
            maxGradientEvaluations: request.maxGradientEvaluations,
            seed: request.seed,
            proceed,
          });
          try {
            const reached = await readLogits(tidy(() => logitsAt(weights, some, outcome.perturbations)));
            const perturbations = (await outcome.perturbations.data()) as Float32Array;
            const size = inputs.size / inputs.shape[0];
            for (const [row, index] of searched.entries()) {
              const finding = findings[index];
              if (finding === undefined) continue;
              const spent = {
                gradientEvaluations: outcome.gradientEvaluations[row] ?? 0,
                converged: outcome.completed,
              };
              const perturbation = perturbations.subarray(row * size, (row + 1) * size);
              const distance = hostLength(threat.norm, perturbation);
              const adversarialClass = largestLogit(reached.rows[row] ?? new Float32Array());
              const succeeds =
                adversarialClass !== finding.label && (targetClass === undefined || adversarialClass === targetClass);
              if (succeeds && distance <= maxDistance) {
                all.set(perturbation, index * size);
                findings[index] = { ...finding, ...spent, status: 'found', distance, adversarialClass };
              } else {
                findings[index] = { ...finding, ...spent };
              }
            }
          } finally {
            outcome.perturbations.dispose();
          }
        } finally {
          some.dispose();
          classes.dispose();
        }
      }
      return { findings, perturbations: tensor4d(all, inputs.shape) };
    },
  };
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
