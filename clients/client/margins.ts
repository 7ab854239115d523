import {
  Effort as EffortCode,
  MarginResult_Status as StatusCode,
} from '../../proto/gen/maxmargin/v1/robustness_service.js';
import type {
  Budget as BudgetMessage,
  MarginRequest,
  MarginResult as ResultMessage,
} from '../../proto/gen/maxmargin/v1/robustness_service.js';
import { tensorToArray } from './images.js';
import type { Array32 } from './images.js';
import type { ModelSelector } from './models.js';
import { normToCode } from './plain.js';
import type { Norm } from './plain.js';

export interface ClassifyOptions {
  readonly model?: ModelSelector | undefined;
}

/** The answer for one image. */
export interface Classification {
  readonly predictedClass: number;
  /** The softmax of the logits. */
  readonly probabilities: readonly number[];
  readonly logits: readonly number[];
}

/**
 * found: a verified upper bound of the margin, or of the distance to the target class; not-found: none was found up to the largest distance, which
 * proves nothing; misclassified: without a target, answered otherwise than the label, distance 0; target-reached: answered with the target class before
 * any perturbation, distance 0.
 */
export type MarginStatus = 'found' | 'not-found' | 'misclassified' | 'target-reached';

/** How much work one image may cost: fast ≤ 20, standard ≤ 100, thorough ≤ 1,000 gradient evaluations, or a number of them. */
export type MarginBudget = 'fast' | 'standard' | 'thorough' | number;

export interface MarginOptions {
  readonly model?: ModelSelector | undefined;
  /** The true classes, one an image; default: the model's own answers. */
  readonly labels?: readonly number[] | undefined;
  /** Default: the norm the model was trained for. */
  readonly norm?: Norm | undefined;
  /** The largest distance to search; default: 1.05 times the model's d_max in its own norm. */
  readonly maxDistance?: number | undefined;
  /** Default: standard. */
  readonly budget?: MarginBudget | undefined;
  /** Look only for perturbations that lead to this class, whatever the labels are. */
  readonly targetClass?: number | undefined;
  /** Bring back the perturbations themselves. */
  readonly returnPerturbations?: boolean | undefined;
  /** What random starts are drawn from; each request that a batch is split into carries it. Default 0. */
  readonly seed?: bigint | number | undefined;
}

/** The answer for one image. */
export interface MarginResult {
  readonly predictedClass: number;
  readonly label: number;
  readonly status: MarginStatus;
  /** The norm of the clipped perturbation; 0 if misclassified or at the target already; the largest distance searched, no bound, if none was found. */
  readonly distance: number;
  /** No shorter perturbation exists; 0 until something certifies more. */
  readonly lowerBound: number;
  /** The class at the end of the perturbation, if one was found. */
  readonly adversarialClass?: number | undefined;
  /** max over j ≠ label of z_j − z_label; negative means correct. */
  readonly logitMargin: number;
  /** [height, width, channels], if asked for and found. */
  readonly perturbation?: Array32 | undefined;
  readonly attack: string;
  readonly gradientEvaluations: number;
  /**
   * The search settled: something was found, and over the last half of its gradient evaluations, at least the last 100, the distance fell by no more
   * than 1 %. Never with a budget of 100 or less, and not if a deadline ended the search. True where nothing is searched.
   */
  readonly converged: boolean;
  /** Float32 cannot tell the two largest logits of the image apart: status and distance rest on rounding. */
  readonly unresolved: boolean;
}

const EFFORTS = { fast: EffortCode.FAST, standard: EffortCode.STANDARD, thorough: EffortCode.THOROUGH } as const;

const STATUSES: Partial<Record<StatusCode, MarginStatus>> = {
  [StatusCode.FOUND]: 'found',
  [StatusCode.NOT_FOUND]: 'not-found',
  [StatusCode.MISCLASSIFIED]: 'misclassified',
  [StatusCode.TARGET_REACHED]: 'target-reached',
};

/** All of a request but model, inputs and labels, which differ from part to part of a batch. */
export function toMarginRequest(options: MarginOptions): Omit<MarginRequest, 'model' | 'inputs' | 'labels'> {
  return {
    threatModel: { norm: normToCode(options.norm) },
    maxDistance: options.maxDistance ?? 0,
    budget: options.budget === undefined ? undefined : toBudget(options.budget),
    targetClass: options.targetClass,
    returnPerturbations: options.returnPerturbations ?? false,
    seed: BigInt(options.seed ?? 0),
  };
}

function toBudget(budget: MarginBudget): BudgetMessage {
  return typeof budget === 'number'
    ? { limit: { $case: 'maxGradientEvaluations', value: budget } }
    : { limit: { $case: 'effort', value: EFFORTS[budget] } };
}

export function fromMarginResult(result: ResultMessage): MarginResult {
  const status = STATUSES[result.status];
  if (status === undefined)
    throw new TypeError(`status: expected FOUND, NOT_FOUND, MISCLASSIFIED or TARGET_REACHED, got ${result.status}`);
  return {
    ...result,
    status,
    adversarialClass: result.adversarialClass < 0 ? undefined : result.adversarialClass,
    perturbation: result.perturbation && tensorToArray(result.perturbation),
  };
}
