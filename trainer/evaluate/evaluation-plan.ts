import { invalidInput } from '../../core/errors.js';
import { DEFAULT_MAX_DISTANCE, SEARCH_REACH, type AttackNorm } from '../../core/margin/threat-model.js';
import type { EvaluationPlan } from './evaluation-result.js';

/** Data sets of grey images of 28 × 28, which large changes of single pixels leave readable. */
const LIKE_MNIST: readonly string[] = ['mnist', 'fashion-mnist', 'digits'];

/** The length of a step of white-box PGD, as a fraction of ε (paper, evaluation). */
const STEP_FRACTION = 1 / 4;
const STEP_FRACTION_LIKE_MNIST = 1 / 40;

/** How long all steps are together at least, in ε: 100 of ε/40, so that fewer iterations reach as far. */
const STEPS_LENGTH = 2.5;

const steps = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * step);

/** The paper's grids (evaluation), by data set and norm, and the ε of each that results are compared at. */
const PAPER_GRIDS: Readonly<Record<string, { readonly epsilons: readonly number[]; readonly usual: number }>> = {
  'mnist linf': { epsilons: [0.1, 0.2, 0.3, 0.4], usual: 0.3 },
  'mnist l2': { epsilons: [1, 2, 3, 4], usual: 2 },
  'cifar10 linf': { epsilons: steps(8, 4).map((level) => level / 255), usual: 8 / 255 },
  'cifar10 l2': { epsilons: [0.5, 1, 1.5, 2, 2.5], usual: 0.5 },
};

/** The shares of d_max that a grid has where the paper has none: its MNIST grid ends a little below d_max, too. */
const GRID_FRACTIONS = [0.25, 0.5, 0.75, 1];
const USUAL_FRACTION = 0.75;

/** ε at which robust accuracy is measured unless others are asked for. @param maxDistance d_max */
function defaultEpsilons(dataset: string, norm: AttackNorm, maxDistance: number): readonly number[] {
  return PAPER_GRIDS[`${dataset} ${norm}`]?.epsilons ?? GRID_FRACTIONS.map((fraction) => fraction * maxDistance);
}

/** The ε at which AutoAttack is run unless another is asked for. @param maxDistance d_max */
function usualEpsilon(dataset: string, norm: AttackNorm, maxDistance: number): number {
  return PAPER_GRIDS[`${dataset} ${norm}`]?.usual ?? USUAL_FRACTION * maxDistance;
}

/** What an evaluation is planned for. */
export interface PlanSubject {
  /** The data set's name. */
  readonly dataset: string;
  readonly norm: AttackNorm;
  /** d_max in that norm; undefined: not known, and that of the settings for MNIST is taken. */
  readonly trainedMaxDistance: number | undefined;
  /** How many test examples there are. */
  readonly examples: number;
}

/** What may be asked for; undefined: by default. */
export type PlanOptions = {
  readonly [K in keyof Omit<EvaluationPlan, 'norm' | 'whiteBox' | 'autoAttackEpsilons'>]?:
    EvaluationPlan[K] | undefined;
} & {
  /** ε, or the usual one. */
  readonly autoAttackEpsilons?: readonly number[] | 'usual' | undefined;
  readonly iterations?: number | undefined;
  readonly restarts?: number | undefined;
};

/** d_max where a model has none in that norm: in ℓ1, in which none is trained, a few whole pixels. */
const D_MAX: Readonly<Record<AttackNorm, number>> = { ...DEFAULT_MAX_DISTANCE, l1: 10 };

/** How many of the first test examples are measured unless more is asked for: a robust one costs ten margins and more at each ε. */
const MARGIN_EXAMPLES = 200;
const ROBUST_EXAMPLES = 100;

/**
 * A plan: what is asked for, else the paper's (white-box protocol: 100 iterations, 10 restarts).
 *
 * @throws invalid-input naming the field
 */
export function planOf(subject: PlanSubject, options: PlanOptions): EvaluationPlan {
  const { dataset, norm, examples } = subject;
  const trained = subject.trainedMaxDistance ?? D_MAX[norm];
  const maxDistance = options.maxDistance ?? SEARCH_REACH * trained;
  if (!(maxDistance > 0)) throw invalidInput('max distance', 'a positive number', String(maxDistance));
  const { autoAttackEpsilons: asked = [] } = options;
  const autoAttackEpsilons = asked === 'usual' ? [usualEpsilon(dataset, norm, trained)] : asked;
  const { iterations = 100 } = options;
  const usualStep = norm === 'linf' && LIKE_MNIST.includes(dataset) ? STEP_FRACTION_LIKE_MNIST : STEP_FRACTION;
  return {
    norm,
    maxDistance,
    cleanExamples: Math.min(options.cleanExamples ?? examples, examples),
    robustExamples: Math.min(options.robustExamples ?? ROBUST_EXAMPLES, examples),
    marginExamples: Math.min(options.marginExamples ?? MARGIN_EXAMPLES, examples),
    epsilons: ascending('epsilons', options.epsilons ?? defaultEpsilons(dataset, norm, trained)),
    autoAttackEpsilons: ascending('auto-attack', autoAttackEpsilons),
    whiteBox: {
      iterations,
      restarts: options.restarts ?? 10,
      stepFraction: Math.max(usualStep, STEPS_LENGTH / iterations),
    },
    marginAttack: options.marginAttack ?? 'best-of',
    marginBudget: options.marginBudget ?? 100,
    maskingChecks: options.maskingChecks ?? true,
    seed: options.seed ?? '0',
  };
}

/** Distinct ε, ascending. @throws invalid-input if one is not positive */
function ascending(field: string, epsilons: readonly number[]): readonly number[] {
  for (const epsilon of epsilons) {
    if (!(epsilon > 0 && Number.isFinite(epsilon))) throw invalidInput(field, 'positive numbers', String(epsilon));
  }
  return [...new Set(epsilons)].sort((a, b) => a - b);
}
