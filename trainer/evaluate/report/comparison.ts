import type { EvaluationResult, RobustAccuracy } from '../evaluation-result.js';
import { distanceUnit, type DistanceUnit } from './distance-unit.js';
import { count } from './numbers.js';

/** What a report is about: one evaluation, or two side by side. */
export interface Comparison {
  readonly model: EvaluationResult;
  readonly baseline?: EvaluationResult | undefined;
  readonly unit: DistanceUnit;
  /** Whether distances and ε of both are in the same norm; true without a baseline. */
  readonly sameNorm: boolean;
  /** Whether both were measured on the same test split; true without a baseline. */
  readonly sameData: boolean;
  /** What a reader must know before comparing the two. */
  readonly cautions: readonly string[];
}

export function compare(model: EvaluationResult, baseline?: EvaluationResult): Comparison {
  const all = baseline === undefined ? [model] : [model, baseline];
  const epsilons = all.flatMap(({ plan }) => [...plan.epsilons, ...plan.autoAttackEpsilons]);
  return {
    model,
    baseline,
    unit: distanceUnit(epsilons),
    sameNorm: baseline === undefined || baseline.plan.norm === model.plan.norm,
    sameData: baseline === undefined || baseline.dataset.fingerprint === model.dataset.fingerprint,
    cautions: baseline === undefined ? [] : cautionsOf(model, baseline, distanceUnit(epsilons)),
  };
}

/** The baseline where its distances may stand beside the model's. */
export function baselineInNorm({ baseline, sameNorm }: Comparison): EvaluationResult | undefined {
  return sameNorm ? baseline : undefined;
}

/** The accuracy at an ε, if it was measured there. */
export function accuracyAt(grid: readonly RobustAccuracy[], epsilon: number): RobustAccuracy | undefined {
  return grid.find((at) => sameEpsilon(at.epsilon, epsilon));
}

/** All ε once, ascending. */
export function unionOfEpsilons(grids: readonly (readonly RobustAccuracy[])[]): readonly number[] {
  const ascending = grids.flatMap((grid) => grid.map(({ epsilon }) => epsilon)).toSorted((a, b) => a - b);
  return ascending.filter((epsilon, i) => i === 0 || !sameEpsilon(ascending[i - 1] ?? NaN, epsilon));
}

export function sameGrid(a: readonly RobustAccuracy[], b: readonly RobustAccuracy[]): boolean {
  return a.length === b.length && a.every(({ epsilon }) => accuracyAt(b, epsilon) !== undefined);
}

function sameEpsilon(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}

function cautionsOf(model: EvaluationResult, baseline: EvaluationResult, unit: DistanceUnit): readonly string[] {
  const cautions: string[] = [];
  const differs = <T>(what: string, a: T, b: T, text: (value: T) => string): void => {
    if (a !== b) cautions.push(`${what}: ${text(a)} here, ${text(b)} for the baseline.`);
  };
  if (model.dataset.fingerprint !== baseline.dataset.fingerprint)
    cautions.push(
      `The test data differ: ${model.dataset.name} here, ${baseline.dataset.name} for the baseline, with other fingerprints.`,
    );
  if (model.plan.norm !== baseline.plan.norm) {
    cautions.push(
      `The norms differ: ${normName(model.plan.norm)} here, ${normName(baseline.plan.norm)} for the baseline. Distances and ε are not compared.`,
    );
    return cautions;
  }
  const [ours, theirs] = [model.margins, baseline.margins];
  if (ours !== undefined && theirs !== undefined) {
    if (model.plan.maxDistance !== baseline.plan.maxDistance)
      cautions.push(
        `Margins were searched up to ${unit.epsilon(model.plan.maxDistance)} here, ${unit.epsilon(baseline.plan.maxDistance)} for the baseline. An example for which nothing was found counts that much, so the means are not comparable; medians are, where something was found for more than half.`,
      );
    differs('Margins were measured on different numbers of examples', ours.examples, theirs.examples, count);
    differs('Margins were measured by different attacks', ours.attack, theirs.attack, String);
    differs(
      'A margin could cost different numbers of gradient evaluations',
      model.plan.marginBudget,
      baseline.plan.marginBudget,
      count,
    );
  }
  if (model.whiteBox.length > 0 && baseline.whiteBox.length > 0) {
    const robustExamples = ({ whiteBox }: EvaluationResult): number => whiteBox[0]?.examples ?? 0;
    differs(
      'Robust accuracy was measured on different numbers of examples',
      robustExamples(model),
      robustExamples(baseline),
      count,
    );
    if (!sameGrid(model.whiteBox, baseline.whiteBox))
      cautions.push('The grids of ε differ, so AvgAcc and AvgRobAcc are means over different ε.');
    differs(
      'White-box attacks ran with different numbers of restarts',
      model.plan.whiteBox.restarts,
      baseline.plan.whiteBox.restarts,
      count,
    );
    differs(
      'White-box attacks ran for different numbers of iterations',
      model.plan.whiteBox.iterations,
      baseline.plan.whiteBox.iterations,
      count,
    );
  }
  return cautions;
}

const NORM_NAMES: Readonly<Record<string, string>> = { linf: 'ℓ∞', l2: 'ℓ2', l1: 'ℓ1' };

export function normName(norm: string): string {
  return NORM_NAMES[norm] ?? norm;
}
