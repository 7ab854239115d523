import { mean } from '../mma/mean.js';
import { quantilesOf } from '../mma/quantiles.js';
import type { ExampleMargin, MarginReport, MarginStatistics, ShownExample } from './evaluation-result.js';
import { marginHistogram } from './margin-histogram.js';
import { wilsonInterval } from './wilson-interval.js';

/** How many of the closest and of the farthest examples are shown. */
export const SHOWN_EXAMPLES = 6;

/** What was found for some examples. */
export interface MarginFindings {
  readonly each: readonly ExampleMargin[];
  /** The most that one example cost. */
  readonly gradientEvaluations: number;
  /** The closest and the farthest of them, at least {@link SHOWN_EXAMPLES} of either where there are as many. */
  readonly shown: readonly ShownExample[];
}

/**
 * The margins of examples in figures.
 *
 * @param attack what measured them
 */
export function marginReport(
  { each, gradientEvaluations, shown }: MarginFindings,
  attack: string,
  maxDistance: number,
): MarginReport {
  const labels = [...new Set(each.map(({ label }) => label))].sort((a, b) => a - b);
  const attacks = new Map<string, number>();
  for (const margin of each) {
    if (margin.status === 'found') attacks.set(margin.attack, (attacks.get(margin.attack) ?? 0) + 1);
  }
  return {
    ...statistics(each),
    attack,
    gradientEvaluations,
    histogram: marginHistogram(each, maxDistance),
    byClass: labels.map((label) => ({ label, ...statistics(each.filter((margin) => margin.label === label)) })),
    byAttack: [...attacks]
      .map(([name, found]) => ({ attack: name, found }))
      .sort((a, b) => b.found - a.found || (a.attack < b.attack ? -1 : 1)),
    each,
    closest: closest(shown),
    farthest: farthest(shown),
  };
}

/** The nearest few for which something was found, ascending. */
export function closest<M extends ExampleMargin>(margins: readonly M[]): readonly M[] {
  return found(margins)
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, SHOWN_EXAMPLES);
}

/** The farthest few for which something was found, descending. */
export function farthest<M extends ExampleMargin>(margins: readonly M[]): readonly M[] {
  return found(margins)
    .sort((a, b) => b.distance - a.distance || a.index - b.index)
    .slice(0, SHOWN_EXAMPLES);
}

const found = <M extends ExampleMargin>(margins: readonly M[]): M[] =>
  margins.filter(({ status }) => status === 'found');

function statistics(margins: readonly ExampleMargin[]): MarginStatistics {
  const distances = margins.map(({ distance }) => distance);
  const fraction = (status: ExampleMargin['status']): number =>
    margins.filter((margin) => margin.status === status).length / margins.length;
  return {
    examples: margins.length,
    mean: mean(distances),
    quartiles: quantilesOf(distances, [0.25, 0.5, 0.75]),
    notFoundFraction: fraction('not-found'),
    notFoundInterval: wilsonInterval(fraction('not-found'), margins.length),
    misclassifiedFraction: fraction('misclassified'),
    misclassifiedInterval: wilsonInterval(fraction('misclassified'), margins.length),
  };
}
