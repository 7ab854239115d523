import type { EvaluationResult } from '../evaluation-result.js';
import { accuracyAt, sameGrid, type Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { count, percent, points, wilsonInterval } from './numbers.js';

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

function accuracies({ model, baseline, unit, sameData, sameNorm }: Comparison): readonly Figure[] {
  const other = sameNorm ? baseline : undefined;
  const figures = [
    shareFigure('Clean accuracy', model.cleanAccuracy, model.cleanExamples, baseline?.cleanAccuracy, sameData),
  ];
  if (model.avgRobAcc !== undefined) {
    const comparable = sameData && other !== undefined && sameGrid(model.whiteBox, other.whiteBox);
    const grid = model.whiteBox.map(({ epsilon }) => epsilon);
    const [first, last] = [Math.min(...grid), Math.max(...grid)];
    figures.push({
      name: 'AvgRobAcc',
      value: percent(model.avgRobAcc),
      detail:
        grid.length === 1
          ? `white-box, ε = ${unit.epsilon(first)}`
          : `white-box, mean over ${count(grid.length)} ε, ${unit.epsilon(first)} to ${unit.epsilon(last)}`,
      baseline: other?.avgRobAcc === undefined ? undefined : percent(other.avgRobAcc),
      difference: comparable && other.avgRobAcc !== undefined ? points(model.avgRobAcc - other.avgRobAcc) : undefined,
    });
  }
  for (const { epsilon, accuracy, examples } of model.autoAttack.slice(0, 2)) {
    const theirs = accuracyAt(other?.autoAttack ?? [], epsilon)?.accuracy;
    figures.push(shareFigure(`AutoAttack, ε = ${unit.epsilon(epsilon)}`, accuracy, examples, theirs, sameData));
  }
  return figures;
}

function margins({ model, baseline, unit, sameData, sameNorm }: Comparison): readonly Figure[] {
  const ours = model.margins;
  if (ours === undefined) return [];
  const theirs = sameNorm ? baseline?.margins : undefined;
  const sameReach = model.plan.maxDistance === baseline?.plan.maxDistance;
  const distance = (
    name: string,
    value: number,
    detail: string,
    other: number | undefined,
    comparable: boolean,
  ): Figure => ({
    name,
    value: unit.distance(value),
    detail,
    baseline: other === undefined ? undefined : unit.distance(other),
    difference: comparable && other !== undefined ? unit.difference(value - other) : undefined,
  });
  const [lower, median, upper] = ours.quartiles;
  return [
    distance('Mean margin', ours.mean, meanDetail(model), theirs?.mean, sameData && sameReach),
    distance(
      'Median margin',
      median,
      `half of them ${unit.distance(lower)} to ${unit.distance(upper)}`,
      theirs?.quartiles[1],
      sameData && (sameReach || bothUncensored(ours.censoredShare, theirs?.censoredShare)),
    ),
    {
      ...shareFigure('Censored', ours.censoredShare, ours.examples, theirs?.censoredShare, sameData && sameReach),
      detail: `nothing found up to ${unit.epsilon(model.plan.maxDistance)}`,
    },
  ];
}

/** With fewer than half censored, the median is a measured margin, wherever the searches ended. */
function bothUncensored(a: number, b: number | undefined): boolean {
  return a < 0.5 && b !== undefined && b < 0.5;
}

function meanDetail({ margins: report }: EvaluationResult): string {
  return report === undefined ? '' : `${count(report.examples)} examples, by ${report.attack}`;
}

function shareFigure(
  name: string,
  share: number,
  examples: number,
  other: number | undefined,
  comparable: boolean,
): Figure {
  const [lower, upper] = wilsonInterval(share, examples);
  return {
    name,
    value: percent(share),
    detail: examples > 0 ? `of ${count(examples)}; 95% interval ${percent(lower)}–${percent(upper)}` : '',
    baseline: other === undefined ? undefined : percent(other),
    difference: comparable && other !== undefined ? points(share - other) : undefined,
  };
}

/** What a reader must know before comparing. */
export function cautionList({ cautions }: Comparison): Child {
  return (
    cautions.length > 0 &&
    markup`<div class="cautions"><h3>Before comparing</h3><ul>${cautions.map((caution) => markup`<li>${caution}</li>`)}</ul></div>`
  );
}
