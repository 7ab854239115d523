import type { EvaluationResult, MaskingCheck } from '../evaluation-result.js';
import type { Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';

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
  const ordered = masking.toSorted((a, b) => Number(b.raised) - Number(a.raised));
  return markup`<ul class="checks">${ordered.map(flag)}</ul>`;
}

function flag({ check, raised, reason }: MaskingCheck): Markup {
  const state = raised ? markup`<span class="state">▲ Raised</span>` : markup`<span class="state">✓ Not raised</span>`;
  return markup`<li class="${raised ? 'raised' : 'quiet'}">${state}<div><b>${Object.hasOwn(NAMES, check) ? NAMES[check] : check}</b><p>${reason}</p></div></li>`;
}
