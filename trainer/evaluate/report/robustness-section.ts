import type { EvaluationResult } from '../evaluation-result.js';
import { accuracyAt, baselineInNorm, normName, unionOfEpsilons, type Comparison } from './comparison.js';
import { linePlot, type Line } from './line-plot.js';
import { shareBeyond } from './margin-shares.js';
import { markup, type Child } from './markup.js';
import { percent, points } from './numbers.js';
import { table } from './table.js';

/** Places at which the curve of the margins is drawn. */
const CURVE_POINTS = 160;

/** Between what margins and attacks at a fixed ε leave correct, a share. */
const NOTABLE_GAP = 0.02;

/** Robust accuracy over ε, as a plot and as numbers; nothing if neither attacks nor margins were asked for. */
export function robustnessSection(comparison: Comparison): Child {
  const { model, unit } = comparison;
  const other = baselineInNorm(comparison);
  const results = other === undefined ? [model] : [model, other];
  const lines = results.flatMap((result, i) => linesOf(result, i === 1));
  const names = [...new Set(lines.map(({ name }) => name))];
  if (lines.length === 0) return undefined;
  const last = Math.max(...lines.flatMap(({ points }) => points.map(([epsilon]) => epsilon)));
  return markup`<section id="robustness"><h2>Robust accuracy over ε</h2>
<p class="lead">The share of test examples that are answered correctly and that no attack of a kind changes within ${normName(model.plan.norm)} distance ε. Every attack gives an upper bound: the lowest is the truest.</p>
<div class="beside"><figure>${linePlot({
    id: 'robust-accuracy',
    title: 'Robust accuracy over ε',
    description: `Lines for ${names.join(', ')}. The numbers are in the table.`,
    x: { label: `ε, ${normName(model.plan.norm)}${unit.axisSuffix}`, domain: [0, last], perUnit: unit.perUnit },
    y: { label: 'robust accuracy (%)', domain: [0, 100] },
    lines,
  })}<figcaption>The share whose margin is longer than ε is what the margins say of robust accuracy.${tooWeak(comparison)} ${
    other !== undefined && 'Dashed: the baseline.'
  }</figcaption></figure>${numbers(comparison, results)}</div></section>`;
}

/** Where margins of the same examples leave fewer correct, the attacks at a fixed ε were too weak: said once, at the widest gap. */
function tooWeak({ model, unit }: Comparison): string | undefined {
  const { margins, whiteBox, plan } = model;
  if (margins === undefined) return undefined;
  const gaps = whiteBox
    .filter(({ examples }) => examples === margins.examples)
    .map(({ epsilon, accuracy }) => ({
      epsilon,
      gap: accuracy - shareBeyond(margins.each, epsilon, plan.maxDistance),
    }))
    .filter(({ gap }) => gap > NOTABLE_GAP);
  const widest = gaps.toSorted((a, b) => b.gap - a.gap)[0];
  if (widest === undefined) return undefined;
  return ` At ε = ${unit.epsilon(widest.epsilon)} they leave ${points(widest.gap).replace('+', '')} fewer correct than the white-box attacks, which were too weak there.`;
}

function linesOf(result: EvaluationResult, dashed: boolean): readonly Line[] {
  const suffix = dashed ? ', baseline' : '';
  const lines: Line[] = [];
  const clean: readonly (readonly [number, number])[] =
    result.cleanExamples > 0 ? [[0, 100 * result.cleanAccuracy]] : [];
  const { whiteBox, autoAttack, margins, plan } = result;
  if (whiteBox.length > 0)
    lines.push({
      name: `white-box${suffix}`,
      kind: 'first',
      marker: 'circle',
      dashed,
      points: [...clean, ...whiteBox.map(({ epsilon, accuracy }) => [epsilon, 100 * accuracy] as const)],
    });
  if (autoAttack.length > 0)
    lines.push({
      name: `AutoAttack${suffix}`,
      kind: 'second',
      marker: 'square',
      dashed,
      points: autoAttack.map(({ epsilon, accuracy }) => [epsilon, 100 * accuracy] as const),
    });
  if (margins !== undefined)
    lines.push({
      name: `margin > ε${suffix}`,
      kind: 'third',
      dashed,
      points: Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
        const epsilon = (plan.maxDistance * i) / CURVE_POINTS;
        return [epsilon, 100 * shareBeyond(margins.each, epsilon, plan.maxDistance)] as const;
      }),
    });
  return lines;
}

function numbers({ unit }: Comparison, results: readonly EvaluationResult[]): Child {
  const epsilons = unionOfEpsilons(results.flatMap(({ whiteBox, autoAttack }) => [whiteBox, autoAttack]));
  if (epsilons.length === 0) return undefined;
  const kinds = KINDS.filter(({ measured }) => results.some(measured));
  const columns = kinds.flatMap(({ name, at }) =>
    results.map((result, i) => ({
      heading: results.length === 1 ? name : i === 0 ? 'model' : 'baseline',
      at: (epsilon: number) => at(result, epsilon),
      opensGroup: i === 0 && results.length > 1,
    })),
  );
  return table({
    caption: 'Robust accuracy',
    groups: results.length === 1 ? [] : kinds.map(({ name }) => ({ heading: name, span: results.length })),
    columns: [{ heading: 'ε' }, ...columns.map(({ heading, opensGroup }) => ({ heading, opensGroup, numeric: true }))],
    rows: epsilons.map((epsilon) => [unit.epsilon(epsilon), ...columns.map(({ at }) => percent(at(epsilon)))]),
  });
}

/** What the columns of the table are of. */
const KINDS: readonly {
  readonly name: string;
  readonly measured: (result: EvaluationResult) => boolean;
  readonly at: (result: EvaluationResult, epsilon: number) => number;
}[] = [
  {
    name: 'white-box',
    measured: ({ whiteBox }) => whiteBox.length > 0,
    at: ({ whiteBox }, epsilon) => accuracyAt(whiteBox, epsilon)?.accuracy ?? NaN,
  },
  {
    name: 'AutoAttack',
    measured: ({ autoAttack }) => autoAttack.length > 0,
    at: ({ autoAttack }, epsilon) => accuracyAt(autoAttack, epsilon)?.accuracy ?? NaN,
  },
  {
    name: 'margin > ε',
    measured: ({ margins }) => margins !== undefined,
    at: ({ margins, plan }, epsilon) => shareBeyond(margins?.each ?? [], epsilon, plan.maxDistance),
  },
];
