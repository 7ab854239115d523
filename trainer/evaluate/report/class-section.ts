import type { EvaluationResult, MarginReport } from '../evaluation-result.js';
import { baselineInNorm, type Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { estimate } from './estimate.js';
import { count } from './numbers.js';
import { px } from './plot-frame.js';
import { table } from './table.js';

/** With more classes than that, only the weakest and the strongest are shown. */
const MOST_CLASSES = 30;
const SHOWN_AT_EACH_END = 12;
const WIDTH = 150;
const HEIGHT = 18;

type ClassMargins = MarginReport['byClass'][number];

/** Margins by class, the weakest first; nothing if none were measured. */
export function classSection(comparison: Comparison): Child {
  const { model, unit } = comparison;
  const classes = model.margins?.byClass ?? [];
  if (classes.length === 0) return undefined;
  const other = baselineInNorm(comparison);
  const theirs = new Map(other?.margins?.byClass.map((margins) => [className(other, margins.label), margins] as const));
  const ordered = classes.toSorted((a, b) => a.quartiles[1] - b.quartiles[1] || a.label - b.label);
  const shown =
    ordered.length > MOST_CLASSES
      ? [...ordered.slice(0, SHOWN_AT_EACH_END), ...ordered.slice(-SHOWN_AT_EACH_END)]
      : ordered;
  const longest = Math.max(...[...shown, ...theirs.values()].map(({ quartiles }) => quartiles[2]));
  const against = theirs.size > 0;
  return markup`<section id="classes"><h2>Margins by class</h2>
<p class="lead">Small: 95% intervals. Weakest class first${shown.length < ordered.length && `; of ${count(ordered.length)} classes the ${SHOWN_AT_EACH_END} weakest and the ${SHOWN_AT_EACH_END} strongest`}. The bar goes from the lower to the upper quartile, its line is the median${longest > 0 && `, on one scale from 0 to ${unit.distance(longest)}`}.${against && ' The thin bar below is the baseline.'}</p>
${table({
  caption: 'Margins by class',
  captionHidden: true,
  columns: [
    { heading: 'class' },
    { heading: 'quartiles' },
    { heading: 'median', numeric: true },
    ...(against ? [{ heading: 'baseline', numeric: true }] : []),
    { heading: 'mean', numeric: true },
    { heading: 'misclassified', numeric: true },
    { heading: 'not found', numeric: true },
    { heading: 'examples', numeric: true },
  ],
  rows: shown.map((margins) => [
    className(model, margins.label),
    quartileBar(margins, theirs.get(className(model, margins.label)), longest > 0 ? longest : 1),
    unit.distance(margins.quartiles[1]),
    ...(against ? [unit.distance(theirs.get(className(model, margins.label))?.quartiles[1] ?? NaN)] : []),
    unit.distance(margins.mean),
    estimate(margins.misclassifiedFraction, margins.misclassifiedInterval),
    estimate(margins.notFoundFraction, margins.notFoundInterval),
    count(margins.examples),
  ]),
})}</section>`;
}

/** What a class is called. */
export function className({ subject }: Pick<EvaluationResult, 'subject'>, label: number): string {
  return subject.labels[label] ?? `class ${label}`;
}

function quartileBar(margins: ClassMargins, baseline: ClassMargins | undefined, longest: number): Markup {
  const at = (distance: number): number => 2 + (Math.min(distance, longest) / longest) * (WIDTH - 4);
  const bar = ({ quartiles: [lower, median, upper] }: ClassMargins, top: number, height: number): Markup =>
    markup`<rect x="${px(at(lower))}" y="${top}" width="${px(Math.max(1, at(upper) - at(lower)))}" height="${height}"/><path d="M${px(at(median))} ${top - 1}v${height + 2}"/>`;
  return markup`<svg class="quartiles" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><path class="rail" d="M2 9H${WIDTH - 2}"/><g class="model">${bar(margins, baseline === undefined ? 4 : 2, baseline === undefined ? 10 : 8)}</g>${
    baseline !== undefined && markup`<g class="baseline">${bar(baseline, 13, 3)}</g>`
  }</svg>`;
}
