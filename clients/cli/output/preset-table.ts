import { completeSpec, type JobSpec } from '../../../trainer/jobs/job-spec.js';
import { PRESETS } from '../../../trainer/jobs/presets/presets.js';
import { TRAINING_SPEC } from '../../../trainer/jobs/training-spec.js';
import { settablesOf, type LearningRateChange, type Settable } from '../../../trainer/mma/hyperparameter.js';
import { optionWords, valueIn } from '../training-options.js';
import { formatFields, formatTable } from './table.js';

/** A preset with every number that it stands for. */
export interface ListedPreset {
  readonly name: string;
  readonly spec: JobSpec;
}

/** What no preset says. */
const OTHERS: readonly string[] = ['model', 'preset', 'seed', 'alias'];
const SHOWN = settablesOf(TRAINING_SPEC).filter(({ option }) => !OTHERS.includes(option));

export function listedPresets(): readonly ListedPreset[] {
  return [...PRESETS.keys()].map((name) => ({ name, spec: completeSpec({ model: name, preset: name }) }));
}

/** Presets for people: what those of a data set that have it have in common, then what they differ in. */
export function formatPresets(presets: readonly ListedPreset[]): string {
  const names = new Set(presets.map(({ spec }) => spec.data.name));
  return [...names].map((name) => formatGroup(presets.filter(({ spec }) => spec.data.name === name))).join('\n\n\n');
}

function formatGroup(presets: readonly ListedPreset[]): string {
  const rows = SHOWN.map((settable) => ({
    settable,
    title: settable.row.symbol ?? optionWords(settable),
    texts: presets.map(({ spec }) => textOf(settable, spec)),
  })).map((row) => ({ ...row, different: new Set(row.texts.filter((text) => text !== '')) }));
  const common = rows.flatMap(({ title, different: [only, ...more] }) =>
    only === undefined || more.length > 0 ? [] : [[title, only] as const],
  );
  const columns = rows.filter(({ different }) => different.size > 1);
  const table = formatTable(
    [
      { title: 'preset' },
      ...columns.map(({ title, settable }) => ({ title, numeric: settable.row.field.names === undefined })),
    ],
    presets.map(({ name }, i) => [name, ...columns.map(({ texts }) => texts[i] ?? '')]),
  );
  return `${formatFields(common)}\n\n${table}`;
}

function textOf(settable: Settable, spec: JobSpec): string {
  const value = valueIn(spec, settable);
  if (settable.option === 'learningRateSchedule' && value !== undefined)
    return (value as readonly LearningRateChange[])
      .map((change) => `${change.fromStep}:${change.learningRate}`)
      .join(', ');
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'number') return value === undefined ? '' : `${value as string | boolean}`;
  const steps = Number((255 * value).toFixed(9));
  const in255ths = spec.data.name === 'cifar10' && spec.training.norm === 'linf' && settable.row.unit === 'distance';
  if (in255ths && Number.isInteger(steps) && steps > 0) return `${steps}/255`;
  return value === 1 / 3 ? '1/3' : String(value);
}
