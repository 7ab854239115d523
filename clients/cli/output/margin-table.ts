import type { MarginResult } from '../../client/margins.js';
import { className } from '../model-options.js';
import { figure } from './figures.js';
import { formatTable } from './table.js';
import type { Column } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'image' },
  { title: 'label' },
  { title: 'class' },
  { title: 'adversarial' },
  { title: 'distance', numeric: true },
  { title: 'status' },
  { title: 'gradients', numeric: true },
  { title: 'converged' },
];

const UNRESOLVED =
  'unresolved: float32 cannot tell the two largest logits of the image apart; status and distance rest on rounding.';

/**
 * Margins for people, one image a row.
 *
 * @param verdicts one more column, if given
 */
export function marginTable(
  names: readonly string[],
  results: readonly MarginResult[],
  labels: readonly string[],
  verdicts?: { readonly title: string; readonly values: readonly string[] },
): string {
  const rows = results.map((result, i) => [
    names[i] ?? '',
    className(labels, result.label),
    className(labels, result.predictedClass),
    className(labels, result.adversarialClass),
    result.status === 'not-found' ? `none found up to ${figure(result.distance)}` : figure(result.distance),
    result.unresolved ? `${result.status}, unresolved` : result.status,
    String(result.gradientEvaluations),
    result.converged ? 'yes' : 'no',
    ...(verdicts === undefined ? [] : [verdicts.values[i] ?? '']),
  ]);
  const table = formatTable(verdicts === undefined ? COLUMNS : [...COLUMNS, { title: verdicts.title }], rows);
  return results.some(({ unresolved }) => unresolved) ? `${table}\n${UNRESOLVED}` : table;
}
