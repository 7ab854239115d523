import type { EvaluationResult, ShownExample } from '../evaluation-result.js';
import { className } from './class-section.js';
import { baselineInNorm, normName, type Comparison } from './comparison.js';
import { image, readValues, shade, shadeSigned } from './image.js';
import { markup, type Child, type Markup } from './markup.js';

/** The examples that are changed most easily, and least; nothing if none is shown. */
export function examplesSection(comparison: Comparison): Child {
  const { closest, farthest } = comparison.model.margins ?? { closest: [], farthest: [] };
  if (closest.length + farthest.length === 0) return undefined;
  const group = (title: string, examples: readonly ShownExample[]): Child =>
    examples.length > 0 &&
    markup`<h3>${title}</h3><div class="examples">${examples.map((example) => strip(comparison, example))}</div>`;
  return markup`<section id="examples"><h2>Closest and farthest examples</h2>
<p class="lead">Of those for which something was found: the input, the perturbation, and their sum, which is answered wrongly. Each perturbation is drawn on a scale of its own, which stands below it; ${
    comparison.model.subject.inputShape[2] === 1
      ? 'orange is brighter, blue is darker, white is unchanged'
      : 'in each colour channel, grey is unchanged'
  }.</p>${group('Closest', closest)}${group('Farthest', farthest)}</section>`;
}

function strip(comparison: Comparison, example: ShownExample): Markup {
  const { model, unit } = comparison;
  const from = className(model, example.label);
  const to = className(model, example.adversarialClass);
  const norm = normName(model.plan.norm);
  return markup`<figure class="example">${pictures(comparison, example, from, to)}<figcaption><b>${norm} ${unit.distance(example.distance)}</b> by ${example.attack}<br>test example ${example.index}${baselineMargin(comparison, example)}</figcaption></figure>`;
}

function pictures({ model, unit }: Comparison, example: ShownExample, from: string, to: string): Markup {
  const shape = model.subject.inputShape;
  const input = readValues(example.input, shape);
  const perturbation = readValues(example.perturbation, shape);
  if (input === undefined || perturbation === undefined)
    return markup`<p class="none">The images of this example are not whole: ${from} becomes ${to}.</p>`;
  const channels = shape[2];
  const scale = perturbation.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const sum = input.map((value, i) => value + (perturbation[i] ?? 0));
  const picture = (rgb: Uint8Array, description: string, below: string): Markup =>
    markup`<div>${image(rgb, shape, description)}<span>${below}</span></div>`;
  return markup`<div class="triple">${picture(shade(input, channels), `Input, ${from}`, from)}${picture(
    shadeSigned(perturbation, channels, scale),
    `Perturbation, at most ${unit.distance(scale)} a value`,
    `±${unit.distance(scale)}`,
  )}${picture(shade(sum, channels), `Perturbed input, answered ${to}`, `→ ${to}`)}</div>`;
}

/** What the same example's margin is to the baseline. */
function baselineMargin(comparison: Comparison, { index }: ShownExample): Child {
  const other: EvaluationResult | undefined = comparison.sameData ? baselineInNorm(comparison) : undefined;
  const margin = other?.margins?.each.find((each) => each.index === index);
  if (other === undefined || margin === undefined) return undefined;
  const { unit } = comparison;
  const text = {
    found: unit.distance(margin.distance),
    misclassified: 'misclassified',
    'target-reached': 'target reached',
    'not-found': `none found up to ${unit.epsilon(other.plan.maxDistance)}`,
  }[margin.status];
  return markup`<br>baseline: ${text}`;
}
