import type { EvaluationResult } from '../evaluation-result.js';
import { accuracyAt, baselineInNorm, type Comparison } from './comparison.js';
import { differencesOf } from './differences.js';
import { markup, type Child, type Markup } from './markup.js';
import type { Interval } from '../wilson-interval.js';
import { count, interval, percent, points } from './numbers.js';

/** Of the ε of AutoAttack so many are key figures; the table has all. */
const MOST_AUTO_ATTACKS = 2;

/** A number that decides, what it is of, and the baseline's. */
interface Figure {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
  readonly baseline?: string | undefined;
  /** Against the baseline, where the two may be compared. */
  readonly difference?: string | undefined;
}

/** The key figures, each beside the baseline's. */
export function keyFigures(comparison: Comparison): Markup {
  const figures = [...accuracies(comparison), ...margins(comparison)];
  return markup`<dl class="figures">${figures.map(
    ({ name, value, detail, baseline, difference }) =>
      markup`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="detail">${detail}</dd>${
        baseline !== undefined &&
        markup`<dd class="against">baseline ${baseline}${difference !== undefined && markup` <b>${difference}</b>`}</dd>`
      }</div>`,
  )}</dl>`;
}

function accuracies(comparison: Comparison): readonly Figure[] {
  const { model, baseline, unit } = comparison;
  const other = baselineInNorm(comparison);
  const differences = differencesOf(comparison);
  const fraction = (
    value: number,
    theirs: number | undefined,
    difference: number | undefined,
  ): Omit<Figure, 'name'> => ({
    value: percent(value),
    detail: '',
    baseline: optional(theirs, percent),
    difference: optional(difference, points),
  });
  const figures: Figure[] = [];
  if (model.cleanExamples > 0)
    figures.push({
      name: 'Clean accuracy',
      ...fraction(model.cleanAccuracy, baseline?.cleanAccuracy, differences.cleanAccuracy),
      detail: intervalOf(model.cleanExamples, model.cleanInterval),
    });
  if (model.avgRobAcc !== undefined) {
    const grid = model.whiteBox.map(({ epsilon }) => epsilon);
    const range = `${unit.epsilon(Math.min(...grid))} to ${unit.epsilon(Math.max(...grid))}`;
    figures.push({
      name: 'AvgRobAcc',
      ...fraction(model.avgRobAcc, other?.avgRobAcc, differences.avgRobAcc),
      detail: `mean robust accuracy at ${count(grid.length)} ε, ${range}, white-box; ${intervalOf(model.whiteBox[0]?.examples ?? 0, model.avgRobAccInterval)}${averageWithClean(model)}`,
    });
  }
  for (const { epsilon, accuracy, examples, interval: bounds } of model.autoAttack.slice(0, MOST_AUTO_ATTACKS))
    figures.push({
      name: 'AutoAttack',
      ...fraction(accuracy, accuracyAt(other?.autoAttack ?? [], epsilon)?.accuracy, differences.autoAttack(epsilon)),
      detail: `ε = ${unit.epsilon(epsilon)}; ${intervalOf(examples, bounds)}`,
    });
  return figures;
}

/** What AvgAcc takes besides. */
function averageWithClean({ avgAcc, attackedClean }: EvaluationResult): string {
  if (avgAcc === undefined || attackedClean === undefined) return '';
  return `. With the clean accuracy of the same examples, ${percent(attackedClean.accuracy)}: AvgAcc ${percent(avgAcc)}`;
}

function margins(comparison: Comparison): readonly Figure[] {
  const { model, unit } = comparison;
  const ours = model.margins;
  if (ours === undefined) return [];
  const theirs = baselineInNorm(comparison)?.margins;
  const differences = differencesOf(comparison);
  const [lower, median, upper] = ours.quartiles;
  return [
    {
      name: 'Mean margin',
      value: unit.distance(ours.mean),
      detail: `${count(ours.examples)} examples, by ${ours.attack}`,
      baseline: optional(theirs?.mean, unit.distance),
      difference: optional(differences.meanMargin, unit.difference),
    },
    {
      name: 'Median margin',
      value: unit.distance(median),
      detail: `half of them ${unit.distance(lower)} to ${unit.distance(upper)}`,
      baseline: optional(theirs?.quartiles[1], unit.distance),
      difference: optional(differences.medianMargin, unit.difference),
    },
    {
      name: 'Not found',
      value: percent(ours.notFoundFraction),
      detail: `no perturbation up to ${unit.epsilon(model.plan.maxDistance)}; ${intervalOf(ours.examples, ours.notFoundInterval)}`,
      baseline: optional(theirs?.notFoundFraction, percent),
      difference: optional(differences.notFoundFraction, points),
    },
  ];
}

function optional(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value);
}

function intervalOf(examples: number, bounds: Interval = [0, 1]): string {
  return examples > 0 ? `${count(examples)} examples; 95% interval ${interval(bounds)}` : '';
}

/** What a reader must know before comparing. */
export function cautionList({ cautions }: Comparison): Child {
  return (
    cautions.length > 0 &&
    markup`<div class="cautions"><h3>Before comparing</h3><ul>${cautions.map((caution) => markup`<li>${caution}</li>`)}</ul></div>`
  );
}
