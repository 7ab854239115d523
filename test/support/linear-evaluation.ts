import type { Engine } from '../../core/engine/engine.js';
import { evaluatedClassifier } from '../../trainer/evaluate/classifier.js';
import type { EvaluationRequest } from '../../trainer/evaluate/evaluate.js';
import { planOf, type PlanOptions } from '../../trainer/evaluate/evaluation-plan.js';
import { linearProblem } from './linear-model.js';
import type { AttackNorm } from '../../core/margin/threat-model.js';

/** The classifier whose evaluation is known in closed form. */
export const linear = linearProblem(120, 5);

/** An evaluation of the linear classifier, small enough that it takes a second. */
export function linearEvaluation(
  engine: Engine,
  norm: AttackNorm,
  plan: PlanOptions = {},
  more: Partial<EvaluationRequest> = {},
): EvaluationRequest {
  const { model, weights, examples } = linear;
  return {
    engine,
    subject: {
      title: 'linear 1',
      members: [{ model: 'linear', version: 1 }],
      labels: ['below', 'above'],
      inputShape: [4, 4, 1],
      origins: [],
    },
    classifier: evaluatedClassifier([{ title: 'linear 1', model, weights, labels: ['below', 'above'] }]),
    dataset: { name: 'linear', fingerprint: 'none' },
    examples,
    plan: planOf(
      { dataset: 'linear', norm, trainedMaxDistance: linearMargins(norm).at(-1), examples: examples.count },
      {
        maskingChecks: false,
        marginBudget: 30,
        iterations: 10,
        restarts: 2,
        robustExamples: 70,
        marginExamples: 70,
        ...plan,
      },
    ),
    ...more,
  };
}

/** The margins of the correct ones among the first examples, ascending. */
export function linearMargins(norm: AttackNorm, count = 120): readonly number[] {
  return Array.from({ length: count }, (_, example) => linear.margin(example, norm))
    .filter((margin) => margin > 0)
    .sort((a, b) => a - b);
}

/** A length in the widest gap between margins near a rank, so that neither rounding nor an attack's last percent decides anything. */
export function lengthBetween(margins: readonly number[], rank: number): number {
  const gapAt = (at: number): number => (margins[at + 1] ?? NaN) / (margins[at] ?? NaN);
  const near = Array.from({ length: 9 }, (_, i) => rank - 4 + i)
    .filter((at) => gapAt(at) > 1)
    .sort((a, b) => gapAt(b) - gapAt(a));
  const [widest = rank] = near;
  return Math.sqrt((margins[widest] ?? NaN) * (margins[widest + 1] ?? NaN));
}

/** A plan of a dozen shards, to be interrupted. */
export const continuedPlan: PlanOptions = {
  ...{ robustExamples: 120, marginExamples: 120, iterations: 4, marginBudget: 10, epsilons: [0.004, 0.008] },
};
