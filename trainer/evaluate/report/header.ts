import type { EvaluationResult } from '../evaluation-result.js';
import { normName, type Comparison } from './comparison.js';
import { markup, type Child, type Markup } from './markup.js';
import { count } from './numbers.js';
import { trainingMethod } from './training-method.js';
import { verdict } from './verdict.js';

/** Which models, which data, and what came out. */
export function header(comparison: Comparison): Markup {
  const { model, baseline } = comparison;
  return markup`<header><p class="kind">Robustness evaluation</p><h1>${model.subject.title}${
    baseline !== undefined && markup` <span class="versus">against ${baseline.subject.title}</span>`
  }</h1>
<dl class="facts">${facts(model, 'model', comparison)}${baseline !== undefined && facts(baseline, 'baseline', comparison)}<div><dt>data</dt><dd>${model.dataset.name}, ${model.dataset.split} split</dd></div><div><dt>norm</dt><dd>${normName(model.plan.norm)}, distances up to ${comparison.unit.epsilon(model.plan.maxDistance)}</dd></div></dl>
<p class="verdict">${verdict(comparison)}</p></header>`;
}

function facts({ subject }: EvaluationResult, role: string, { baseline, unit }: Comparison): Child {
  const methods = [
    ...new Set(subject.origins.map((origin) => trainingMethod(origin, unit)).filter((method) => method !== undefined)),
  ];
  const ensemble = subject.members.length > 1 ? `ensemble of ${count(subject.members.length)}` : undefined;
  const shape = subject.inputShape.join(' × ');
  const text = [ensemble, ...methods, `${count(subject.labels.length)} classes, inputs ${shape}`]
    .filter((part) => part !== undefined)
    .join('; ');
  return markup`<div><dt>${role}</dt><dd>${baseline !== undefined && `${subject.title}: `}${text}</dd></div>`;
}
