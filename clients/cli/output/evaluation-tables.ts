import type { EvaluationResult, MarginReport, RobustAccuracy } from '../../../trainer/evaluate/evaluation-result.js';
import { stateOf, type CheckState } from '../../../trainer/evaluate/report/masking-section.js';
import { duration, figure, interval, percent } from './figures.js';
import { formatFields, formatTable } from './table.js';

/** What an evaluation found, for people. */
export function evaluationTables(result: EvaluationResult): string {
  const { subject, dataset, plan, whiteBox, autoAttack, margins } = result;
  const sections = [
    formatFields([
      ['model', subject.title],
      ['data', `${dataset.name}, test`],
      ['accuracy', accuracyLine(result)],
    ]),
  ];
  if (whiteBox.length > 0) sections.push(whiteBoxSection(result));
  if (autoAttack.length > 0)
    sections.push(`AutoAttack, ${examplesOf(autoAttack, plan.norm)}\n\n${robustTable(autoAttack)}`);
  if (margins !== undefined) sections.push(marginSection(margins, result));
  if (result.masking.length > 0) sections.push(maskingSection(result));
  sections.push(costLine(result));
  return sections.join('\n\n');
}

const accuracyLine = ({ cleanAccuracy, cleanExamples, cleanInterval }: EvaluationResult): string =>
  cleanExamples === 0
    ? 'not measured'
    : `${percent(cleanAccuracy)} of ${cleanExamples} examples (95 % interval ${interval(cleanInterval)})`;

function whiteBoxSection(result: EvaluationResult): string {
  const { whiteBox, plan, attackedClean, avgAcc, avgAccInterval, avgRobAcc, avgRobAccInterval } = result;
  const { iterations, restarts } = plan.whiteBox;
  const attack = plan.norm === 'l1' ? 'Auto-PGD' : 'PGD';
  const protocol = `White-box ${attack}, ${restarts} × ${iterations} iterations, ${examplesOf(whiteBox, plan.norm)}`;
  const averages: [string, string][] = [];
  if (avgAcc !== undefined && avgAccInterval !== undefined)
    averages.push(['AvgAcc', `${percent(avgAcc)} (${interval(avgAccInterval)}), the mean of all rows, ε = 0 included`]);
  if (avgRobAcc !== undefined && avgRobAccInterval !== undefined)
    averages.push([
      'AvgRobAcc',
      `${percent(avgRobAcc)} (${interval(avgRobAccInterval)}), the mean of the rows with ε > 0`,
    ]);
  return [protocol, robustTable(whiteBox, attackedClean), formatFields(averages)].join('\n\n');
}

const examplesOf = ([first]: readonly RobustAccuracy[], norm: string): string =>
  `${norm}, the first ${first?.examples ?? 0} examples`;

function robustTable(grid: readonly RobustAccuracy[], clean?: EvaluationResult['attackedClean']): string {
  const columns = [
    { title: 'ε', numeric: true },
    { title: 'robust', numeric: true },
    { title: '95 % interval', numeric: true },
    { title: 'broken by' },
  ];
  const unattacked = clean === undefined ? [] : [['0', percent(clean.accuracy), interval(clean.interval), '–']];
  return formatTable(columns, [
    ...unattacked,
    ...grid.map(({ epsilon, accuracy, interval: bounds, attacks }) => [
      distance(epsilon),
      percent(accuracy),
      interval(bounds),
      attacks
        .filter(({ broken }) => broken > 0)
        .map(({ attack, broken }) => `${attack} ${broken}`)
        .join(', ') || '–',
    ]),
  ]);
}

function marginSection(margins: MarginReport, { subject, plan }: EvaluationResult): string {
  const [lower, median, upper] = margins.quartiles;
  const foundBy = margins.byAttack.map(({ attack, found: count }) => `${attack} ${count}`).join(', ');
  const fields = formatFields([
    ['mean', figure(margins.mean)],
    ['quartiles', [lower, median, upper].map(figure).join(' · ')],
    [
      'not found',
      `${percent(margins.notFoundFraction)} (${interval(margins.notFoundInterval)}), none found up to ${distance(plan.maxDistance)}`,
    ],
    [
      'wrong',
      `${percent(margins.misclassifiedFraction)} (${interval(margins.misclassifiedInterval)}), misclassified without a perturbation`,
    ],
    ['found by', foundBy === '' ? '–' : foundBy],
    ['closest', placesOf(margins.closest)],
    ['farthest', placesOf(margins.farthest)],
  ]);
  const columns = [
    { title: 'class' },
    { title: 'examples', numeric: true },
    { title: 'mean', numeric: true },
    { title: 'median', numeric: true },
    { title: 'not found', numeric: true },
    { title: '95 %', numeric: true },
    { title: 'wrong', numeric: true },
    { title: '95 %', numeric: true },
  ];
  const rows = margins.byClass.map((found) => [
    subject.labels[found.label] ?? String(found.label),
    String(found.examples),
    figure(found.mean),
    figure(found.quartiles[1]),
    percent(found.notFoundFraction),
    interval(found.notFoundInterval),
    percent(found.misclassifiedFraction),
    interval(found.misclassifiedInterval),
  ]);
  const attack = margins.attack === 'best-of' ? 'best-of (the shortest that several searches find)' : margins.attack;
  const title = `Margins, ${plan.norm}, the first ${margins.examples} examples, ${attack}, at most ${margins.gradientEvaluations} gradient evaluations each`;
  return [title, fields, formatTable(columns, rows)].join('\n\n');
}

const placesOf = (margins: MarginReport['closest']): string =>
  margins.map(({ index, distance: length }) => `#${index} ${figure(length)}`).join(' · ') || '–';

const STATES: Readonly<Record<CheckState, string>> = { raised: 'RAISED', quiet: 'quiet', 'not-made': '–' };

/** What the states of checks mean. */
const LEGEND = 'RAISED: distrust every figure above. quiet: nothing was seen, which proves nothing.';

function maskingSection({ masking }: EvaluationResult): string {
  const checks = masking.map((check) => `${STATES[stateOf(check)].padEnd(6)}  ${check.check}\n        ${check.reason}`);
  return [`Gradient masking. ${LEGEND}`, '', ...checks].join('\n');
}

function costLine({ cost, engine }: EvaluationResult): string {
  const { gradientEvaluations, seconds } = cost;
  return `${gradientEvaluations.toLocaleString('en')} gradient evaluations in ${duration(seconds)}, engine ${engine}`;
}

/** A length without the zeros that it does not need. */
const distance = (value: number): string => String(Number(value.toPrecision(4)));
