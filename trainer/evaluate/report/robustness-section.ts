import type { EvaluationResult, ExampleMargin, RobustAccuracy } from '../evaluation-result.js';
import { accuracyAt, baselineInNorm, normName, unionOfEpsilons, type Comparison } from './comparison.js';
import { estimate, estimateOf } from './estimate.js';
import { linePlot, type Line } from './line-plot.js';
import { fractionBeyond } from './margin-fractions.js';
import { markup, type Child } from './markup.js';
import { count, percent, points } from './numbers.js';
import { table } from './table.js';

/** Places at which the curve of the margins is drawn. */
const CURVE_POINTS = 160;

/** Between what margins and attacks at a fixed ε leave correct, a fraction. */
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
<p class="lead">The fraction of test examples that are answered correctly and that no attack of a kind changes within ${normName(model.plan.norm)} distance ε. ${examplesOf(model)} ${
    other !== undefined && examplesOf(other) !== examplesOf(model) && `Of the baseline: ${examplesOf(other)}`
  } Every attack gives an upper bound for the examples that it ran on: of the same examples the lowest is the truest.</p>
<div class="${results.length === 1 ? 'beside' : 'tables'}"><figure>${linePlot({
    id: 'robust-accuracy',
    title: 'Robust accuracy over ε',
    description: `Lines for ${names.join(', ')}. The numbers are in the table.`,
    x: { label: `ε, ${normName(model.plan.norm)}${unit.axisSuffix}`, domain: [0, last], perUnit: unit.perUnit },
    y: { label: 'robust accuracy (%)', domain: [0, 100] },
    lines,
  })}<figcaption>“margin > ε”: the fraction whose margin is longer than ε, which is what the margins say of robust accuracy.${tooWeak(comparison)} ${
    other !== undefined && 'Dashed: the baseline.'
  }</figcaption></figure>${numbers(comparison, results)}</div></section>`;
}

/** How many of the first test examples are attacked at every ε; 0: none. */
const attackedOf = ({ whiteBox, autoAttack }: EvaluationResult): number =>
  (whiteBox[0] ?? autoAttack[0])?.examples ?? 0;

/** The margins that stand beside attacks: of the attacked examples, if those were all measured; else of all that were. */
function marginsBeside(result: EvaluationResult): readonly ExampleMargin[] {
  const each = result.margins?.each ?? [];
  const attacked = attackedOf(result);
  if (attacked === 0 || each.length < attacked) return each;
  return each.filter(({ index }) => index < attacked);
}

/** Which examples the figures are of. */
function examplesOf(result: EvaluationResult): string {
  const [attacked, margins] = [attackedOf(result), marginsBeside(result).length];
  if (attacked === 0) return `Measured on the first ${count(margins)} test examples.`;
  const all = `All figures here are of the same examples, the first ${count(attacked)} of the test split.`;
  if (margins === 0 || margins === attacked) return all;
  return `Attacks ran on the first ${count(attacked)} examples of the test split, margins were measured on the first ${count(margins)} alone: the two may differ by chance, within their intervals.`;
}

/** Where margins of the same examples leave fewer correct, the attacks at a fixed ε were too weak: said once, at the widest gap. */
function tooWeak({ model, unit }: Comparison): string | undefined {
  const { whiteBox, plan } = model;
  const margins = marginsBeside(model);
  const gaps = whiteBox
    .filter(({ examples }) => examples === margins.length)
    .map(({ epsilon, accuracy }) => ({ epsilon, gap: accuracy - fractionBeyond(margins, epsilon, plan.maxDistance) }))
    .filter(({ gap }) => gap > NOTABLE_GAP);
  const widest = gaps.toSorted((a, b) => b.gap - a.gap)[0];
  if (widest === undefined) return undefined;
  return ` At ε = ${unit.epsilon(widest.epsilon)} they leave ${points(widest.gap).replace('+', '')} fewer correct than the white-box attacks, which were too weak there.`;
}

function linesOf(result: EvaluationResult, dashed: boolean): readonly Line[] {
  const suffix = dashed ? ', baseline' : '';
  const lines: Line[] = [];
  const { whiteBox, autoAttack, attackedClean, plan } = result;
  const clean: readonly (readonly [number, number])[] =
    attackedClean === undefined ? [] : [[0, 100 * attackedClean.accuracy]];
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
  const margins = marginsBeside(result);
  if (margins.length > 0)
    lines.push({
      name: `margin > ε${suffix}`,
      kind: 'third',
      dashed,
      points: Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
        const epsilon = (plan.maxDistance * i) / CURVE_POINTS;
        return [epsilon, 100 * fractionBeyond(margins, epsilon, plan.maxDistance)] as const;
      }),
    });
  return lines;
}

function numbers({ unit }: Comparison, results: readonly EvaluationResult[]): Child {
  const epsilons = unionOfEpsilons(results.flatMap(({ whiteBox, autoAttack }) => [whiteBox, autoAttack]));
  if (epsilons.length === 0) return undefined;
  const kinds = KINDS.filter(({ measured }) => results.some(measured));
  const columns = kinds.flatMap((kind) =>
    results.map((result, i) => ({
      kind,
      result,
      heading: results.length === 1 ? kind.name : i === 0 ? 'model' : 'baseline',
      opensGroup: i === 0 && results.length > 1,
    })),
  );
  const average = (name: string, of: (result: EvaluationResult) => Child): readonly Child[] => [
    name,
    ...columns.map(({ kind, result }) => kind === WHITE_BOX && of(result)),
  ];
  const averages = results.some(({ avgRobAcc }) => avgRobAcc !== undefined);
  return markup`<div>${table({
    caption: 'Robust accuracy',
    groups: results.length === 1 ? [] : kinds.map(({ name }) => ({ heading: name, span: results.length })),
    columns: [{ heading: 'ε' }, ...columns.map(({ heading, opensGroup }) => ({ heading, opensGroup, numeric: true }))],
    rows: [
      ['0 (clean)', ...columns.map(({ kind, result }) => kind.clean(result))],
      ...epsilons.map((epsilon) => [
        unit.epsilon(epsilon),
        ...columns.map(({ kind, result }) => kind.at(result, epsilon)),
      ]),
      ...(averages
        ? [
            average('AvgAcc', ({ avgAcc = NaN, avgAccInterval = [0, 1] }) => estimate(avgAcc, avgAccInterval)),
            average('AvgRobAcc', ({ avgRobAcc = NaN, avgRobAccInterval = [0, 1] }) =>
              estimate(avgRobAcc, avgRobAccInterval),
            ),
          ]
        : []),
    ],
  })}<p class="note">Small: 95% intervals, of what other examples of the same kind would give.${
    averages &&
    ' AvgRobAcc is the mean of the white-box column over its ε; AvgAcc is the mean over the same and the clean accuracy in the first row.'
  }</p></div>`;
}

interface Kind {
  readonly name: string;
  readonly measured: (result: EvaluationResult) => boolean;
  readonly clean: (result: EvaluationResult) => Child;
  readonly at: (result: EvaluationResult, epsilon: number) => Child;
}

const attacked = (at: RobustAccuracy | undefined): Child => estimate(at?.accuracy ?? NaN, at?.interval ?? [0, 1]);

const beyond = (result: EvaluationResult, epsilon: number): Child => {
  const margins = marginsBeside(result);
  return estimateOf(fractionBeyond(margins, epsilon, result.plan.maxDistance), margins.length);
};

const WHITE_BOX: Kind = {
  name: 'white-box',
  measured: ({ whiteBox }) => whiteBox.length > 0,
  clean: ({ attackedClean }) => estimate(attackedClean?.accuracy ?? NaN, attackedClean?.interval ?? [0, 1]),
  at: ({ whiteBox }, epsilon) => attacked(accuracyAt(whiteBox, epsilon)),
};

/** What the columns of the table are of. */
const KINDS: readonly Kind[] = [
  WHITE_BOX,
  {
    name: 'AutoAttack',
    measured: ({ autoAttack }) => autoAttack.length > 0,
    clean: () => percent(NaN),
    at: ({ autoAttack }, epsilon) => attacked(accuracyAt(autoAttack, epsilon)),
  },
  {
    name: 'margin > ε',
    measured: ({ margins }) => margins !== undefined,
    clean: (result) => beyond(result, 0),
    at: beyond,
  },
];
