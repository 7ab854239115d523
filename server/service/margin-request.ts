import { invalidInput } from '../../core/errors.js';
import { SEARCH_REACH } from '../../core/margin/threat-model.js';
import type { Manifest } from '../../core/registry/manifest.js';
import { normOf } from '../../host/contract/norm-message.js';
import { Effort, type Budget, type MarginRequest } from '../../proto/gen/maxmargin/v1/robustness_service.js';
import { decodeInputs } from './decode-tensor.js';
import { maxDistanceFor } from '../max-distance.js';
import type { MarginJob } from '../predictor/messages.js';

const EVALUATIONS_OF_EFFORT = { [Effort.FAST]: 20, [Effort.STANDARD]: 100, [Effort.THOROUGH]: 1_000 } as const;

/** What bounds a request. */
export interface RequestLimits {
  /** Inputs in one request. */
  readonly maxBatch: number;
  /** Gradient evaluations that an input may cost. */
  readonly maxGradientEvaluations: number;
}

/**
 * The job that a request stands for, checked, with every default filled in.
 *
 * @throws invalid-input
 */
export function marginJobOf(
  request: MarginRequest,
  manifest: Manifest,
  limits: RequestLimits,
): Omit<MarginJob, 'key' | 'deadlineMs'> {
  const inputs = decodeInputs('inputs', request.inputs, { ...manifest, maxBatch: limits.maxBatch });
  const classes = manifest.labels.length;
  checkLabels(request.labels, inputs.count, classes);
  const { targetClass, maxDistance } = request;
  if (targetClass !== undefined) checkClass('target_class', targetClass, classes);
  if (!(maxDistance >= 0 && Number.isFinite(maxDistance))) {
    throw invalidInput('max_distance', 'a number above 0, or 0 for the default', String(maxDistance));
  }
  const norm = normOf('threat_model.norm', request.threatModel?.norm) ?? manifest.threatModel.norm;
  return {
    inputs,
    ...(request.labels.length === 0 ? {} : { labels: request.labels }),
    norm,
    maxDistance: maxDistance === 0 ? SEARCH_REACH * maxDistanceFor(manifest, norm) : maxDistance,
    maxGradientEvaluations: evaluationsOf(request.budget, limits.maxGradientEvaluations),
    ...(targetClass === undefined ? {} : { targetClass }),
    seed: request.seed,
    wantPerturbations: request.returnPerturbations,
  };
}

function checkLabels(labels: readonly number[], inputs: number, classes: number): void {
  if (labels.length === 0) return;
  if (labels.length !== inputs) {
    throw invalidInput('labels', `none, or one for each of ${inputs} inputs`, `${labels.length}`);
  }
  for (const [index, label] of labels.entries()) checkClass(`labels[${index}]`, label, classes);
}

function checkClass(field: string, value: number, classes: number): void {
  if (value < 0 || value >= classes) throw invalidInput(field, `a class from 0 to ${classes - 1}`, String(value));
}

function evaluationsOf(budget: Budget | undefined, most: number): number {
  const limit = budget?.limit;
  if (limit?.$case === 'maxGradientEvaluations') {
    if (limit.value >= 1 && limit.value <= most) return limit.value;
    throw invalidInput('budget.max_gradient_evaluations', `a number from 1 to ${most}`, String(limit.value));
  }
  const effort = limit?.value ?? Effort.UNSPECIFIED;
  switch (effort) {
    case Effort.UNSPECIFIED:
      return EVALUATIONS_OF_EFFORT[Effort.STANDARD];
    case Effort.FAST:
    case Effort.STANDARD:
    case Effort.THOROUGH:
      return EVALUATIONS_OF_EFFORT[effort];
    default:
      throw invalidInput('budget.effort', 'EFFORT_FAST, EFFORT_STANDARD or EFFORT_THOROUGH', String(effort));
  }
}
