import type { EvaluationResult } from '../evaluation-result.js';
import { normName, type Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { count, duration } from './numbers.js';
import { RESULT_FIELDS } from './result-fields.js';
import { table } from './table.js';

/** Everything that it takes to do the same again, and what the JSON of it holds. */
export function repeatSection({ model, baseline, unit }: Comparison): Markup {
  const results = baseline === undefined ? [model] : [model, baseline];
  const row = (name: string, value: (result: EvaluationResult) => Child): readonly Child[] => [
    name,
    ...results.map(value),
  ];
  const grid = (epsilons: readonly number[]): string =>
    epsilons.length === 0 ? 'none' : epsilons.map(unit.epsilon).join(', ');
  return markup`<section id="repeat"><h2>To repeat it</h2>
${table({
  caption: 'What was evaluated, and how',
  captionHidden: true,
  columns: [
    { heading: '' },
    ...results.map(({ subject }, i) => ({ heading: i === 1 ? `Baseline: ${subject.title}` : subject.title })),
  ],
  rows: [
    row('members', ({ subject }) => subject.members.map(({ model: name, version }) => `${name} ${version}`).join(', ')),
    row('data', ({ dataset }) => `${dataset.name}, ${dataset.split} split`),
    row('data fingerprint', ({ dataset }) => markup`<code>${dataset.fingerprint}</code>`),
    row(
      'examples',
      ({ plan }) =>
        `${count(plan.cleanExamples)} clean, ${count(plan.robustExamples)} robust, ${count(plan.marginExamples)} margins`,
    ),
    row('norm, largest distance', ({ plan }) => `${normName(plan.norm)}, ${unit.epsilon(plan.maxDistance)}`),
    row('ε, white-box', ({ plan }) => grid(plan.epsilons)),
    row(
      'white-box',
      ({ plan }) => `${count(plan.whiteBox.iterations)} iterations, ${count(plan.whiteBox.restarts)} restarts`,
    ),
    row('ε, AutoAttack', ({ plan }) => grid(plan.autoAttackEpsilons)),
    row('margins', ({ plan }) => `${plan.marginAttack}, ${count(plan.marginBudget)} gradient evaluations an example`),
    row('masking checks', ({ plan }) => (plan.maskingChecks ? 'made' : 'not made')),
    row('seed', ({ plan }) => markup`<code>${plan.seed}</code>`),
    row('engine', ({ engine }) => engine),
    row('maxmargin', ({ codeVersion }) => codeVersion),
    row(
      'cost',
      ({ cost }) => `${count(cost.gradientEvaluations)} gradients, ${count(cost.forwardEvaluations)} forward passes`,
    ),
    row('time', ({ cost }) => duration(cost.seconds)),
  ],
})}
${results.map(
  ({ subject }) =>
    subject.origins.length > 0 &&
    markup`<details><summary>How ${subject.title} was trained</summary><pre tabindex="0">${JSON.stringify(subject.origins, undefined, 2)}</pre></details>`,
)}
<details><summary>The JSON of an evaluation</summary><p>One object. Shares are 0 to 1, distances and ε in units of the input, whose values are 0 to 1.</p>
${table({
  caption: 'Fields of the JSON',
  captionHidden: true,
  columns: [{ heading: 'field' }, { heading: 'meaning' }],
  rows: Object.entries(RESULT_FIELDS).map(([name, meaning]) => [markup`<code>${name}</code>`, meaning]),
})}</details></section>`;
}
