import type { EvaluationResult } from '../evaluation-result.js';
import { baselineInNorm, normName, type Comparison } from './comparison.js';
import { marginPlot } from './margin-plot.js';
import { marginFractions, roundEdges } from './margin-fractions.js';
import { markup, type Child, type Markup } from './markup.js';
import { estimate } from './estimate.js';
import { count } from './numbers.js';
import { table } from './table.js';

/** What the reader of a name may not know. */
const BY_ATTACK: Readonly<Record<string, string>> = {
  'best-of': ', which runs several searches and keeps the shortest perturbation',
};

/** How margins are distributed, against the baseline's; nothing if none were measured. */
export function marginsSection(comparison: Comparison): Child {
  const { model, unit } = comparison;
  const other = baselineInNorm(comparison);
  if (model.margins === undefined) return undefined;
  const limits = { model: model.plan.maxDistance, baseline: other?.margins && other.plan.maxDistance };
  const edges = roundEdges(Math.max(limits.model, limits.baseline ?? 0), unit.perUnit);
  const baseline = other?.margins && marginFractions(other.margins.each, edges);
  return markup`<section id="margins"><h2>Margins</h2>
<p class="lead">The ${normName(model.plan.norm)} length of the shortest perturbation found that changes the answer: an upper bound of the true margin. Measured on the first ${count(model.margins.examples)} test examples by ${model.margins.attack}${BY_ATTACK[model.margins.attack]}.${
    model.history !== undefined &&
    model.history.validations.length > 0 &&
    ' The validation margins of the training, further down, are of other examples and by a weaker search: the two do not compare.'
  } Small: 95% intervals.</p>
<div class="beside"><figure>${
    baseline !== undefined &&
    markup`<ul class="legend"><li><span class="swatch model"></span>${model.subject.title} (up)</li><li><span class="swatch baseline"></span>baseline ${other?.subject.title} (down)</li></ul>`
  }${marginPlot({
    id: 'margin-histogram',
    title: 'Margin histogram',
    description: `Fractions of examples by margin, in bins of ${unit.distance(edges[1] ?? 0)}. Misclassified examples stand apart at the left, those for which nothing was found at the right.`,
    unit,
    edges,
    model: marginFractions(model.margins.each, edges),
    baseline,
    limits,
  })}<figcaption>Bins of ${unit.epsilon(edges[1] ?? 0)}. “wrong”: misclassified without any perturbation, margin 0. “none”: none found up to ${unit.epsilon(limits.model)}${
    baseline !== undefined &&
    limits.baseline !== undefined &&
    limits.baseline !== limits.model &&
    `, for the baseline up to ${unit.epsilon(limits.baseline)}`
  }.</figcaption></figure>
${statistics(comparison, other)}</div></section>`;
}

function statistics({ model, unit }: Comparison, other: EvaluationResult | undefined): Markup {
  const results = [model, ...(other?.margins === undefined ? [] : [other])];
  const reports = results.flatMap(({ margins }) => (margins === undefined ? [] : [margins]));
  const row = (name: string, value: (report: (typeof reports)[number]) => Child): readonly Child[] => [
    name,
    ...reports.map(value),
  ];
  return table({
    caption: 'Margins in numbers',
    columns: [
      { heading: '' },
      ...results.map(({ subject }, i) => ({
        heading: i === 1 ? `Baseline: ${subject.title}` : subject.title,
        numeric: true,
      })),
    ],
    rows: [
      row('examples', ({ examples }) => count(examples)),
      row('mean', ({ mean }) => unit.distance(mean)),
      row('lower quartile', ({ quartiles }) => unit.distance(quartiles[0])),
      row('median', ({ quartiles }) => unit.distance(quartiles[1])),
      row('upper quartile', ({ quartiles }) => unit.distance(quartiles[2])),
      row('misclassified', ({ misclassifiedFraction, misclassifiedInterval }) =>
        estimate(misclassifiedFraction, misclassifiedInterval),
      ),
      row('not found', ({ notFoundFraction, notFoundInterval }) => estimate(notFoundFraction, notFoundInterval)),
    ],
  });
}
