import { z } from 'zod';
import { earlyStopSchema } from '../../../core/registry/manifest-schema.js';
import { wilsonInterval } from '../../../trainer/evaluate/wilson-interval.js';
import type { Evaluation, Model, ModelVersion } from '../../client/models.js';
import { earlyStopText } from './early-stop.js';
import { figure, interval, moment, percent } from './figures.js';
import { formatFields, formatTable } from './table.js';

/** Models and versions for people, a version a row. */
export function modelsTable(models: readonly Model[]): string {
  const columns = [
    { title: 'model' },
    { title: 'version', numeric: true },
    { title: 'aliases' },
    { title: 'state' },
    { title: 'published' },
    { title: 'accuracy', numeric: true },
    { title: 'mean margin', numeric: true },
    { title: 'norm' },
  ];
  const rows = models.flatMap(({ versions }) =>
    versions.map(({ name, version, aliases, state, publishTime, evaluation, norm }) => [
      name,
      String(version),
      aliases.join(', '),
      state,
      moment(publishTime),
      evaluation === undefined ? '–' : percent(evaluation.cleanAccuracy),
      evaluation === undefined ? '–' : figure(evaluation.meanMargin),
      norm,
    ]),
  );
  const failed = models
    .flatMap(({ versions }) => versions)
    .filter(({ state, stateReason }) => state === 'failed' && stateReason !== '')
    .map(({ name, version, stateReason }) => `${name} ${version}: ${stateReason}`);
  return [formatTable(columns, rows), ...(failed.length === 0 ? [] : ['', ...failed])].join('\n');
}

/** A version for people. */
export function versionFields(version: ModelVersion): string {
  const { evaluation } = version;
  const fields: [string, string][] = [
    ['model', `${version.name} version ${version.version}`],
    ['aliases', version.aliases.join(', ')],
    ['state', version.stateReason === '' ? version.state : `${version.state}: ${version.stateReason}`],
    ['published', moment(version.publishTime)],
    ...networkField(version),
    ['inputs', `${version.inputShape.join(' × ')}, ${version.bounds.lower} to ${version.bounds.upper}`],
    ['classes', version.labels.join(', ')],
    ['threat model', `${version.norm}, d_max ${version.maxDistance}`],
    ...earlyStopField(version),
  ];
  if (evaluation !== undefined) fields.push(...evaluationFields(evaluation));
  return formatFields(fields);
}

/** A fraction of so many examples, with its interval. */
const fraction = (value: number, examples: number): string =>
  `${percent(value)} (${interval(wilsonInterval(value, examples))})`;

/** Robust accuracy by ε, and what it is of. */
function robustFields({ robustAccuracies }: Pick<Evaluation, 'robustAccuracies'>): [name: string, value: string][] {
  const [first] = robustAccuracies;
  if (first === undefined) return [];
  const { attacks, iterations, restarts, examples } = first;
  const shares = robustAccuracies.map(
    ({ epsilon, accuracy }) => `${fraction(accuracy, examples)} at ε ${figure(epsilon)}`,
  );
  return [
    ['robust', shares.join(', ')],
    ['attacked by', `${attacks.join(', ')}: ${restarts} × ${iterations} iterations, ${examples} examples`],
  ];
}

/** The family of the network, where the manifest says it. */
function networkField({ manifest }: ModelVersion): [string, string][] {
  const family =
    typeof manifest === 'object' && manifest !== null && 'architecture' in manifest ? manifest.architecture : undefined;
  return typeof family === 'string' ? [['network', family]] : [];
}

/** Where and why its training ended before its last step, where the manifest says that it did. */
function earlyStopField({ manifest }: ModelVersion): [string, string][] {
  const known = z.object({ origin: z.object({ earlyStop: earlyStopSchema }) }).safeParse(manifest);
  return known.success ? [['stopped early', earlyStopText(known.data.origin.earlyStop)]] : [];
}

/** What an evaluation found, for people. */
export function evaluationFields(
  evaluation: Omit<Evaluation, 'histogramEdges' | 'histogramCounts'>,
): [name: string, value: string][] {
  const { examples, marginExamples, norm, maxDistance, notFoundFraction } = evaluation;
  return [
    [
      'accuracy',
      `${fraction(evaluation.cleanAccuracy, examples)} of ${examples} test examples; in parentheses 95 % intervals`,
    ],
    ['mean margin', `${figure(evaluation.meanMargin)} (${norm}, ${marginExamples} examples)`],
    ['median margin', figure(evaluation.medianMargin)],
    ['not found', `${fraction(notFoundFraction, marginExamples)}, none found up to ${figure(maxDistance)}`],
    ...robustFields(evaluation),
  ];
}
