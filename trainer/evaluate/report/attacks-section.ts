import type { EvaluationResult, RobustAccuracy } from '../evaluation-result.js';
import { SMALLER_EPSILON } from '../robust-accuracy.js';
import type { Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { estimate, estimateOf } from './estimate.js';
import { count } from './numbers.js';
import { table } from './table.js';

/** Columns of ε in a table that has half of the page. */
const MOST_BESIDE = 4;

/** Which attack found how many; nothing if none ran. */
export function attacksSection({ model, baseline, unit }: Comparison): Child {
  const results = baseline === undefined ? [model] : [model, baseline];
  const tables = results.flatMap((result, i) => {
    const found = tablesOf(result, unit.epsilon);
    return found.length === 0 || results.length === 1
      ? found
      : [markup`<div class="titled"><h3>${i === 1 && 'Baseline: '}${result.subject.title}</h3>${found}</div>`];
  });
  if (tables.length === 0) return undefined;
  return markup`<section id="attacks"><h2>Which attack found how many</h2>
<p class="lead">At each ε an attack meets only what the attacks before it left: “12 / 310” says that it broke 12 of 310. Small: 95% intervals.${
    results.some(knowsSmallerEpsilon) && ` “${SMALLER_EPSILON}” counts what was broken within a smaller one already.`
  }</p>
<div class="${results.length === 2 && results.every(isNarrow) ? 'beside' : 'tables'}">${tables}</div></section>`;
}

/** Whether its tables fit into half of a page. */
function isNarrow({ whiteBox, autoAttack }: EvaluationResult): boolean {
  return Math.max(whiteBox.length, autoAttack.length) <= MOST_BESIDE;
}

function knowsSmallerEpsilon({ whiteBox, autoAttack }: EvaluationResult): boolean {
  return [...whiteBox, ...autoAttack].some(({ attacks }) => attacks.some(({ attack }) => attack === SMALLER_EPSILON));
}

function tablesOf(result: EvaluationResult, epsilon: (value: number) => string): readonly Markup[] {
  const tables: Markup[] = [];
  if (result.whiteBox.length > 0) tables.push(broken('White-box attacks', result.whiteBox, epsilon));
  if (result.autoAttack.length > 0) tables.push(broken('AutoAttack', result.autoAttack, epsilon));
  const { margins } = result;
  if (margins !== undefined && margins.byAttack.length > 0) {
    const all = margins.byAttack.reduce((sum, { found }) => sum + found, 0);
    tables.push(
      table({
        caption: 'Shortest perturbations',
        columns: [{ heading: 'attack' }, { heading: 'found', numeric: true }, { heading: 'fraction', numeric: true }],
        rows: margins.byAttack
          .toSorted((a, b) => b.found - a.found)
          .map(({ attack, found }) => [attack, count(found), estimateOf(found / Math.max(1, all), all)]),
      }),
    );
  }
  return tables;
}

function broken(caption: string, grid: readonly RobustAccuracy[], epsilon: (value: number) => string): Markup {
  // The longest list names the most, in the order in which they ran.
  const lists = grid.map((at) => at.attacks.map(({ attack }) => attack)).toSorted((a, b) => b.length - a.length);
  const attacks = [...new Set(lists.flat())];
  return table({
    caption,
    columns: [{ heading: 'attack' }, ...grid.map((at) => ({ heading: `ε = ${epsilon(at.epsilon)}`, numeric: true }))],
    rows: [
      ...attacks.map((attack) => [
        attack,
        ...grid.map((at) => {
          const did = at.attacks.find((one) => one.attack === attack);
          return did === undefined ? '–' : `${count(did.broken)} / ${count(did.attempted)}`;
        }),
      ]),
      ['left correct', ...grid.map(({ accuracy, interval }) => estimate(accuracy, interval))],
    ],
  });
}
