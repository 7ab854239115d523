import type { EvaluationResult, MaskingCheck } from '../evaluation-result.js';
import { NOT_MADE } from '../masking/reasons.js';
import type { Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { withNarrowSpaces } from './numbers.js';

const NAMES: Readonly<Record<string, string>> = {
  'gradient-free-stronger': 'Gradient-free against white-box attacks',
  'zero-gradients': 'Zero gradients',
  'attacks-disagree': 'Agreement of attacks',
  'not-zero-at-huge-epsilon': 'Accuracy at a huge ε',
};

/** Signs that gradients mislead the attacks: raised flags first. */
export function maskingSection({ model, baseline }: Comparison): Markup {
  return markup`<section id="masking"><h2>Checks for gradient masking</h2>
<p class="lead">Where gradients mislead, attacks fail and robustness looks better than it is. A raised flag is a reason to distrust every figure below; none raised is no proof.</p>
${baseline === undefined ? checksOf(model) : markup`<div class="beside">${[model, baseline].map((result, i) => markup`<div class="titled"><h3>${i === 1 && 'Baseline: '}${result.subject.title}</h3>${checksOf(result)}</div>`)}</div>`}</section>`;
}

function checksOf({ masking }: EvaluationResult): Child {
  if (masking.length === 0) return markup`<p class="none">These checks were not made.</p>`;
  const order: readonly CheckState[] = ['raised', 'quiet', 'not-made'];
  const ordered = masking.toSorted((a, b) => order.indexOf(stateOf(a)) - order.indexOf(stateOf(b)));
  return markup`<ul class="checks">${ordered.map(flag)}</ul>`;
}

export type CheckState = 'raised' | 'quiet' | 'not-made';

/** Told by a sign and in words, not by colour alone. */
const STATES: Readonly<Record<CheckState, string>> = {
  raised: '▲ Raised',
  quiet: '✓ Not raised',
  'not-made': '– Not made',
};

/** Whether a check was made, and what came of it. */
export function stateOf({ raised, reason }: MaskingCheck): CheckState {
  if (raised) return 'raised';
  return reason.startsWith(NOT_MADE) ? 'not-made' : 'quiet';
}

function flag(check: MaskingCheck): Markup {
  const { check: id, reason } = check;
  const state = stateOf(check);
  const why = state === 'not-made' ? capitalised(reason.slice(NOT_MADE.length)) : reason;
  return markup`<li class="${state}"><span class="state">${STATES[state]}</span><div><b>${Object.hasOwn(NAMES, id) ? NAMES[id] : id}</b><p>${withNarrowSpaces(why)}</p></div></li>`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
