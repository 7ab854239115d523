import type { EarlyStop } from '../../../core/registry/manifest.js';
import { QUANTILE_LEVELS, type TrainingHistory } from '../../mma/training-history.js';
import type { Comparison } from './comparison.js';
import type { DistanceUnit } from './distance-unit.js';
import { linePlot, type Mark } from './line-plot.js';
import { markup, type Child, type Markup } from './markup.js';
import { count, percent, significant } from './numbers.js';
import { quantilePlot } from './quantile-plot.js';
import { thinned } from './thinned.js';

/** More changes than that are a schedule that moves all the time, which marks do not show. */
const MOST_MARKS = 6;
/** A loss that falls further than that is shown on a logarithmic axis. */
const LOGARITHMIC_FROM = 20;

/** How each model was trained, where that is known. */
export function trainingSection({ model, baseline, unit }: Comparison): Child {
  const trained = [model, baseline].flatMap((result, i) => {
    const { history } = result ?? {};
    if (result === undefined || history === undefined) return [];
    const plots = [quantiles(history, unit, i), losses(history, i)].filter((plot) => plot !== undefined);
    return plots.length === 0 ? [] : [{ result, plots, isBaseline: i === 1 }];
  });
  if (trained.length === 0) return undefined;
  return markup`<section id="training"><h2>Training</h2>${trained.map(({ result, plots, isBaseline }) => [
    baseline !== undefined && markup`<h3>${isBaseline && 'Baseline: '}${result.subject.title}</h3>`,
    markup`<div class="beside">${plots}</div>`,
    result.history?.earlyStop !== undefined && earlyStopNote(result.history.earlyStop, unit),
  ])}</section>`;
}

const earlyStopNote = ({ step, epoch, validations, bestMargin, bestStep }: EarlyStop, unit: DistanceUnit): Markup =>
  markup`<p>Training stopped early, after step ${count(step)} (epoch ${count(epoch)}): of the last ${count(validations)} validations none found a larger mean margin than ${unit.distance(bestMargin)} at step ${count(bestStep)}, whose weights were kept.</p>`;

/** The paper's Figure 4. */
function quantiles({ validations, steps }: TrainingHistory, unit: DistanceUnit, index: number): Markup | undefined {
  if (validations.length === 0) return undefined;
  const highest = Math.max(...validations.flatMap((validation) => validation.quantiles.filter(Number.isFinite)), 0);
  const last = Math.max(validations.at(-1)?.step ?? 0, steps.at(-1)?.step ?? 0);
  const end = validations.at(-1);
  const median = end?.quantiles[QUANTILE_LEVELS.indexOf(0.5)] ?? NaN;
  return markup`<figure>${quantilePlot({
    id: `margin-quantiles-${index}`,
    title: 'Margins over training steps',
    description: `Quantiles of validation margins from step ${validations[0]?.step ?? 0} to ${last}; the median ends at ${unit.distance(median)}.`,
    levels: QUANTILE_LEVELS,
    x: { label: 'training step', domain: [0, last] },
    y: { label: `validation margin${unit.axisSuffix}`, domain: [0, highest], roundUp: true, perUnit: unit.perUnit },
    points: validations.map(({ step, quantiles: values }) => ({ at: step, values })),
  })}<figcaption>Validation margins by quantile: “25%” is what a quarter of the examples stay below. A misclassified example counts 0, one for which nothing was found the largest distance. At the last of ${count(validations.length)} validations: mean ${unit.distance(end?.margin ?? NaN)}, accuracy ${percent(end?.accuracy ?? NaN)}. They are measured while training goes on, on examples kept for validation, by one run of PGD at a fixed radius and a bisection along its direction, which finds longer perturbations than the search above would: they do not compare with the margins of test examples there.</figcaption></figure>`;
}

function losses({ steps }: TrainingHistory, index: number): Markup | undefined {
  if (steps.length === 0) return undefined;
  const clean = thinned(steps.map(({ step, cleanLoss }) => [step, cleanLoss]));
  const adversarial = thinned(steps.map(({ step, adversarialLoss }) => [step, adversarialLoss]));
  const adversarialRuns = adversarial.some(([, loss]) => loss > 0);
  const shown = [...clean, ...(adversarialRuns ? adversarial : [])].map(([, loss]) => loss).filter(Number.isFinite);
  const positive = shown.filter((loss) => loss > 0);
  const [least, most] = [Math.min(...positive), Math.max(...shown, 0)];
  const logarithmic = positive.length === shown.length && most > LOGARITHMIC_FROM * least;
  const { marks, rates } = learningRates(steps);
  return markup`<figure>${linePlot({
    id: `losses-${index}`,
    title: 'Loss over training steps',
    description: `Clean${adversarialRuns ? ' and adversarial' : ''} loss from step ${steps[0]?.step ?? 0} to ${steps.at(-1)?.step ?? 0}.`,
    x: { label: 'training step', domain: [0, steps.at(-1)?.step ?? 1], mostTicks: 6 },
    y: logarithmic
      ? { label: 'loss (logarithmic)', domain: [least, most], scale: 'logarithmic' }
      : { label: 'loss', domain: [0, most], roundUp: true },
    lines: [
      { name: 'clean', kind: 'first', marker: 'circle', markers: 6, points: clean },
      ...(adversarialRuns
        ? [{ name: 'adversarial', kind: 'second' as const, marker: 'square' as const, markers: 6, points: adversarial }]
        : []),
    ],
    marks,
  })}<figcaption>Training loss${adversarialRuns && ' at clean inputs and at perturbed ones'}${
    clean.length < steps.length && `, means over ${count(Math.ceil(steps.length / clean.length))} entries at a time`
  }. Learning rate ${rates}.</figcaption></figure>`;
}

/** Changes of the learning rate as marks, and all of its values in words. */
function learningRates(steps: TrainingHistory['steps']): { readonly marks: readonly Mark[]; readonly rates: string } {
  const changes = steps.filter(({ learningRate }, i) => i === 0 || learningRate !== steps[i - 1]?.learningRate);
  const rate = (value: number | undefined): string =>
    significant(value ?? NaN, 2)
      .replace(/(\.\d*?)0+(?=$|e)/, '$1')
      .replace(/\.(?=$|e)/, '');
  const first = rate(changes[0]?.learningRate);
  if (changes.length === 1) return { marks: [], rates: `${first} throughout` };
  if (changes.length - 1 > MOST_MARKS)
    return {
      marks: [],
      rates: `from ${first} to ${rate(changes.at(-1)?.learningRate)}, in ${count(changes.length - 1)} changes`,
    };
  const later = changes.slice(1);
  return {
    marks: later.map(({ step, learningRate }) => ({ at: step, text: `rate ${rate(learningRate)}` })),
    rates: `${first}, then ${later.map(({ step, learningRate }) => `${rate(learningRate)} from step ${count(step)}`).join(', ')}`,
  };
}
