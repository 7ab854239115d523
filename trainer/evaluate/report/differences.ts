import { accuracyAt, baselineInNorm, sameGrid, type Comparison } from './comparison.js';

/** By how much the model is above the baseline: only where both numbers are of the same, undefined elsewhere. */
export interface Differences {
  readonly cleanAccuracy?: number | undefined;
  readonly avgRobAcc?: number | undefined;
  /** Of white-box accuracies, in the mean over the ε that both were attacked at. */
  readonly commonEpsilons?: { readonly epsilons: readonly number[]; readonly difference: number } | undefined;
  readonly meanMargin?: number | undefined;
  readonly medianMargin?: number | undefined;
  readonly notFoundFraction?: number | undefined;
  /** At an ε that AutoAttack ran at on both. */
  readonly autoAttack: (epsilon: number) => number | undefined;
}

export function differencesOf(comparison: Comparison): Differences {
  const { model, baseline, sameData } = comparison;
  if (baseline === undefined || !sameData) return { autoAttack: () => undefined };
  const cleanAccuracy = minus(
    shareOf(model.cleanExamples, model.cleanAccuracy),
    shareOf(baseline.cleanExamples, baseline.cleanAccuracy),
  );
  const other = baselineInNorm(comparison);
  if (other === undefined) return { cleanAccuracy, autoAttack: () => undefined };
  const [ours, theirs] = [model.margins, other.margins];
  const sameReach = model.plan.maxDistance === other.plan.maxDistance;
  // With fewer than half not found, the median is a measured margin, wherever the searches ended.
  const medians = sameReach || ((ours?.notFoundFraction ?? 1) < 0.5 && (theirs?.notFoundFraction ?? 1) < 0.5);
  return {
    cleanAccuracy,
    avgRobAcc: sameGrid(model.whiteBox, other.whiteBox) ? minus(model.avgRobAcc, other.avgRobAcc) : undefined,
    commonEpsilons: overCommonEpsilons(comparison),
    meanMargin: sameReach ? minus(ours?.mean, theirs?.mean) : undefined,
    medianMargin: medians ? minus(ours?.quartiles[1], theirs?.quartiles[1]) : undefined,
    notFoundFraction: sameReach ? minus(ours?.notFoundFraction, theirs?.notFoundFraction) : undefined,
    autoAttack: (epsilon) =>
      minus(accuracyAt(model.autoAttack, epsilon)?.accuracy, accuracyAt(other.autoAttack, epsilon)?.accuracy),
  };
}

function overCommonEpsilons({ model, baseline }: Comparison): Differences['commonEpsilons'] {
  const both = model.whiteBox.flatMap(({ epsilon, accuracy }) => {
    const theirs = accuracyAt(baseline?.whiteBox ?? [], epsilon);
    return theirs === undefined ? [] : [{ epsilon, difference: accuracy - theirs.accuracy }];
  });
  if (both.length === 0) return undefined;
  const difference = both.reduce((sum, at) => sum + at.difference, 0) / both.length;
  return { epsilons: both.map(({ epsilon }) => epsilon), difference };
}

function shareOf(examples: number, fraction: number): number | undefined {
  return examples > 0 ? fraction : undefined;
}

function minus(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours - theirs;
}
