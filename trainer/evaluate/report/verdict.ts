import type { EvaluationResult } from '../evaluation-result.js';
import { accuracyAt, type Comparison } from './comparison.js';
import { differencesOf } from './differences.js';
import { stateOf } from './masking-section.js';
import { markup, type Child, type Markup } from './markup.js';
import { count, percent, points } from './numbers.js';

/** What the evaluation found, in a few sentences. */
export function verdict(comparison: Comparison): Markup {
  const { model, baseline } = comparison;
  const found = [clean(comparison), robust(comparison), margins(comparison), against(comparison)];
  return markup`${found.filter((sentence) => sentence !== undefined).join(' ')} ${masking(model)}${
    baseline !== undefined &&
    flagsOf(baseline) > 0 &&
    markup` <strong>The baseline raises ${count(flagsOf(baseline))}.</strong>`
  }`;
}

function clean({ model }: Comparison): string {
  return model.cleanExamples > 0
    ? `Correct on ${percent(model.cleanAccuracy)} of ${count(model.cleanExamples)} test examples.`
    : 'Clean accuracy was not measured.';
}

function robust({ model, unit }: Comparison): string | undefined {
  const [first] = model.autoAttack;
  if (first !== undefined) {
    const [worst, attack] = weaker(first.accuracy, accuracyAt(model.whiteBox, first.epsilon)?.accuracy);
    return `Within ε = ${unit.epsilon(first.epsilon)}, ${attack} leaves ${percent(worst)} of ${count(first.examples)} correct.`;
  }
  const last = model.whiteBox.at(-1);
  if (last === undefined) return undefined;
  return `Within ε = ${unit.epsilon(last.epsilon)}, the white-box attacks leave ${percent(last.accuracy)} of ${count(last.examples)} correct.`;
}

/** The lower of the two accuracies: each is an upper bound of the robust accuracy. */
function weaker(autoAttack: number, whiteBox: number | undefined): readonly [number, string] {
  return whiteBox !== undefined && whiteBox < autoAttack
    ? [whiteBox, 'the white-box protocol, stronger here than AutoAttack,']
    : [autoAttack, 'AutoAttack'];
}

function margins({ model, unit }: Comparison): string | undefined {
  if (model.margins === undefined) return undefined;
  const { quartiles, notFoundFraction } = model.margins;
  if (notFoundFraction >= 0.5)
    return `For most examples no perturbation was found up to ${unit.epsilon(model.plan.maxDistance)}.`;
  return `The median margin is at most ${unit.distance(quartiles[1])}.`;
}

function against(comparison: Comparison): string | undefined {
  const { model, baseline, unit } = comparison;
  if (baseline === undefined) return undefined;
  const { cleanAccuracy, avgRobAcc, commonEpsilons, autoAttack, meanMargin, medianMargin } = differencesOf(comparison);
  const parts: string[] = [];
  if (cleanAccuracy !== undefined) parts.push(`clean accuracy ${points(cleanAccuracy)}`);
  if (avgRobAcc !== undefined) parts.push(`AvgRobAcc ${points(avgRobAcc)}`);
  else if (commonEpsilons !== undefined) {
    const common = commonEpsilons.epsilons.map(unit.epsilon).join(', ');
    parts.push(`white-box accuracy ${points(commonEpsilons.difference)} over the ε in common (${common})`);
  }
  for (const { epsilon } of model.autoAttack.slice(0, 1)) {
    const difference = autoAttack(epsilon);
    if (difference !== undefined) parts.push(`AutoAttack ${points(difference)}`);
  }
  if (meanMargin !== undefined) parts.push(`mean margin ${unit.difference(meanMargin)}`);
  else if (medianMargin !== undefined) parts.push(`median margin ${unit.difference(medianMargin)}`);
  if (parts.length === 0) return `The figures do not compare with those of ${baseline.subject.title}.`;
  return `Against ${baseline.subject.title}: ${parts.join(', ')}.`;
}

function masking(model: EvaluationResult): Child {
  const made = model.masking.filter((check) => stateOf(check) !== 'not-made').length;
  if (made === 0) return 'No check for gradient masking was made.';
  const raised = flagsOf(model);
  const skipped = made < model.masking.length ? ` (${count(model.masking.length - made)} not made)` : '';
  const checks = `${count(made)} ${made === 1 ? 'check' : 'checks'} for gradient masking`;
  if (raised === 0) return `No flag is raised by ${checks}${skipped}.`;
  const raise = raised === 1 ? 'raises' : 'raise';
  return markup`<strong>${count(raised)} of ${checks} ${raise} a flag${skipped}: robustness may be overstated.</strong>`;
}

function flagsOf({ masking: checks }: EvaluationResult): number {
  return checks.filter(({ raised }) => raised).length;
}
