import { isRow, type Row } from '../../mma/hyperparameter.js';
import { TRAINING_SPEC, type JobSpecRequest, type OptimizerRequest } from '../training-spec.js';
import { presetNamed } from './presets.js';
import type { PresetSettings } from './settings.js';

const fieldsThat = (are: (row: Row<unknown>) => boolean): readonly string[] =>
  Object.entries(TRAINING_SPEC).flatMap(([name, entry]) => (isRow(entry) && are(entry) ? [name] : []));

/** They mean something else in another norm. */
const DISTANCES = fieldsThat(({ unit }) => unit === 'distance');
const METHOD_FIELDS = fieldsThat(({ ofMethods }) => ofMethods === true);

/**
 * What is asked for, and for everything that is not, what the preset says that it names. Where another method, norm or optimizer is asked
 * for, the preset's numbers of its own one do not hold.
 *
 * @throws invalid-input if there is no preset of that name
 */
export function withPreset(request: JobSpecRequest): JobSpecRequest {
  if (request.preset === undefined || request.preset === '') return request;
  const preset = presetNamed(request.preset);
  const { data, architecture, optimizer, ...asked } = given(request);
  const otherMethod = asked.method !== undefined && asked.method !== preset.method;
  const otherNorm = asked.norm !== undefined && asked.norm !== preset.norm;
  return {
    ...without(preset, [...(otherMethod ? METHOD_FIELDS : []), ...(otherNorm ? DISTANCES : [])]),
    ...asked,
    model: request.model,
    data: { ...preset.data, ...given(data ?? {}) },
    architecture: architectureOf(preset, given(architecture ?? {})),
    optimizer: optimizerOf(preset.optimizer ?? {}, given(optimizer ?? {})),
  };
}

function architectureOf(
  { architecture = {} }: PresetSettings,
  asked: NonNullable<JobSpecRequest['architecture']>,
): NonNullable<JobSpecRequest['architecture']> {
  const { sizes, ...other } = asked;
  const sized = sizes !== undefined && sizes.length > 0 ? { sizes } : {};
  return Object.keys(other).length > 0 ? { ...other, ...sized } : { ...architecture, ...sized };
}

function optimizerOf(preset: OptimizerRequest, asked: OptimizerRequest): OptimizerRequest {
  if (asked.rule !== undefined && asked.rule !== preset.rule) return asked;
  const rates = asked.learningRate !== undefined || asked.schedule !== undefined;
  return { ...without(preset, rates ? ['learningRate', 'schedule'] : []), ...asked };
}

/** What is said: neither undefined nor empty. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as Partial<T>;
}

function without<T extends object>(fields: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))) as Partial<T>;
}
