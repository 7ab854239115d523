import type { EvaluationResult, MarginReport, RobustAccuracy } from '../../../trainer/evaluate/evaluation-result.js';
import { duration, figure, percent } from './figures.js';
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

const accuracyLine = ({ cleanAccuracy, cleanExamples }: EvaluationResult): string =>
  cleanExamples === 0 ? 'not measured' : `${percent(cleanAccuracy)} of ${cleanExamples} examples`;

function whiteBoxSection({ whiteBox, plan, avgAcc, avgRobAcc }: EvaluationResult): string {
  const { iterations, restarts } = plan.whiteBox;
  const attack = plan.norm === 'l1' ? 'Auto-PGD' : 'PGD';
  const protocol = `White-box ${attack}, ${restarts} × ${iterations} iterations, ${examplesOf(whiteBox, plan.norm)}`;
  const averages: [string, string][] = [];
  if (avgAcc !== undefined) averages.push(['AvgAcc', percent(avgAcc)]);
  if (avgRobAcc !== undefined) averages.push(['AvgRobAcc', percent(avgRobAcc)]);
  return [protocol, robustTable(whiteBox), formatFields(averages)].join('\n\n');
}

const examplesOf = ([first]: readonly RobustAccuracy[], norm: string): string =>
  `${norm}, the first ${first?.examples ?? 0} examples`;

function robustTable(grid: readonly RobustAccuracy[]): string {
  const columns = [{ title: 'ε', numeric: true }, { title: 'robust', numeric: true }, { title: 'broken by' }];
  return formatTable(
    columns,
    grid.map(({ epsilon, accuracy, attacks }) => [
      distance(epsilon),
      percent(accuracy),
      attacks
        .filter(({ broken }) => broken > 0)
        .map(({ attack, broken }) => `${attack} ${broken}`)
        .join(', ') || '–',
    ]),
  );
}

function marginSection(margins: MarginReport, { subject, plan }: EvaluationResult): string {
  const [lower, median, upper] = margins.quartiles;
  const found = margins.byAttack.map(({ attack, found: count }) => `${attack} ${count}`).join(', ');
  const fields = formatFields([
    ['mean', figure(margins.mean)],
    ['quartiles', [lower, median, upper].map(figure).join(' · ')],
    ['not found', `${percent(margins.notFoundShare)}, none found up to ${distance(plan.maxDistance)}`],
    ['wrong', `${percent(margins.misclassifiedShare)}, misclassified without a perturbation`],
    ['found by', found === '' ? '–' : found],
    ['closest', placesOf(margins.closest)],
    ['farthest', placesOf(margins.farthest)],
  ]);
  const columns = [
    { title: 'class' },
    { title: 'examples', numeric: true },
    { title: 'mean', numeric: true },
    { title: 'median', numeric: true },
    { title: 'not found', numeric: true },
    { title: 'wrong', numeric: true },
  ];
  const rows = margins.byClass.map(({ label, examples, mean, quartiles, notFoundShare, misclassifiedShare }) => [
    subject.labels[label] ?? String(label),
    String(examples),
    figure(mean),
    figure(quartiles[1]),
    percent(notFoundShare),
    percent(misclassifiedShare),
  ]);
  const title = `Margins, ${plan.norm}, the first ${margins.examples} examples, ${margins.attack}, at most ${margins.gradientEvaluations} gradient evaluations each`;
  return [title, fields, formatTable(columns, rows)].join('\n\n');
}

const placesOf = (margins: MarginReport['closest']): string =>
  margins.map(({ index, distance: length }) => `#${index} ${figure(length)}`).join(' · ') || '–';

function maskingSection({ masking }: EvaluationResult): string {
  const checks = masking.map(
    ({ check, raised, reason }) => `${raised ? 'RAISED' : 'quiet '}  ${check}\n        ${reason}`,
  );
  return ['Gradient masking', '', ...checks].join('\n');
}

function costLine({ cost, engine }: EvaluationResult): string {
  const { gradientEvaluations, seconds } = cost;
  return `${gradientEvaluations.toLocaleString('en')} gradient evaluations in ${duration(seconds)}, engine ${engine}`;
}

/** A length without the zeros that it does not need. */
const distance = (value: number): string => String(Number(value.toPrecision(4)));
