import { invalidInput } from '../../core/errors.js';
import { shown } from '../../core/field.js';
import { TrainingSpec } from '../../proto/gen/maxmargin/v1/training_service.js';
import { isRow, type Row, type Table } from '../mma/hyperparameter.js';
import { OPTIMIZER, OPTIMIZER_OWN } from '../mma/hyperparameters.js';
import { completeSpec, type JobSpec } from './job-spec.js';
import { contractName, TRAINING_SPEC, type JobSpecRequest, type OptimizerRequest } from './training-spec.js';

type Values = Readonly<Record<string, unknown>>;

/** Fields that are `optional` in the contract are undefined here, others zero or empty: what a message has where nothing was said. */
const SILENT = TrainingSpec.fromPartial({ data: {}, architecture: {}, losses: {}, optimizer: {} });

/**
 * What a client asks for; 0 and empty take the default.
 *
 * @throws invalid-input where the message says nothing at all, or a number that is not in its enumeration
 */
export function specRequestOf(message: TrainingSpec | undefined): JobSpecRequest {
  if (message === undefined) throw invalidInput('spec', 'what to train', 'nothing');
  const json = TrainingSpec.toJSON(message) as Values;
  const request = requestOf('spec', TRAINING_SPEC, message, json, SILENT) as unknown as JobSpecRequest;
  return { ...request, model: message.model, ...(message.optimizer && { optimizer: optimizerOf(message) }) };

  function optimizerOf({ optimizer: said }: TrainingSpec): OptimizerRequest {
    const own: OptimizerRequest = said?.rule?.value ?? {};
    return { ...request.optimizer, ...own, rule: said?.rule?.$case };
  }
}

/** @param json the same message, where enumerations have names */
function requestOf(name: string, table: Table, message: object, json: Values, silent: object): Values {
  const [values, silence] = [message as Values, silent as Values];
  const entries = Object.entries(table).map(([field, entry]): [string, unknown] => {
    const path = `${name}.${contractName(field)}`;
    const value = values[field];
    if (isRow(entry)) return [field, saidOf(path, entry, values, field, json, value === silence[field])];
    if (typeof value !== 'object' || value === null) return [field, undefined];
    return [field, requestOf(path, entry, value, (json[field] ?? {}) as Values, silence[field] as object)];
  });
  return Object.fromEntries(entries);
}

function saidOf(
  path: string,
  { saidBy, enumeration, field: { names = [] }, byDefault }: Row<unknown>,
  values: Values,
  field: string,
  json: Values,
  isSilent: boolean,
): unknown {
  const value = values[field];
  if (saidBy !== undefined && values[saidBy.field] === true) {
    if (isSilent) return saidBy.value;
    throw invalidInput(path, `none beside ${contractName(saidBy.field)}`, shown(value));
  }
  if (isSilent || (Array.isArray(value) && value.length === 0)) return undefined;
  if (enumeration !== undefined) {
    const known = names.find((each) => nameIn(enumeration, each) === json[field]);
    if (known !== undefined || json[field] !== 'UNRECOGNIZED') return known ?? json[field];
    const expected = names.map((each) => nameIn(enumeration, each)).join(', ');
    throw invalidInput(path, `one of ${expected}`, shown(value));
  }
  return plain(value, typeof byDefault === 'string');
}

/** int64 as numbers; beyond 2^53 they are refused by their bounds. */
function plain(value: unknown, asText: boolean): unknown {
  if (typeof value === 'bigint') return asText ? String(value) : Number(value);
  if (Array.isArray(value)) return value.map((each) => plain(each, asText));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, asText)]));
}

/** The contract's name of a value: `AUGMENTATION_CROP_FLIP`. */
const nameIn = (enumeration: string, name: string): string =>
  `${enumeration}_${name.replaceAll('-', '_').toUpperCase()}`;

/** A spec as the contract says it. */
export function specMessage(spec: JobSpec): TrainingSpec {
  const { optimizer } = spec.training;
  return TrainingSpec.fromJSON({
    ...contractJson(TRAINING_SPEC, { ...spec, ...spec.training }),
    optimizer: {
      ...contractJson(OPTIMIZER, optimizer),
      [optimizer.rule]: contractJson(OPTIMIZER_OWN[optimizer.rule], optimizer),
    },
  });
}

function contractJson(table: Table, values: object): Values {
  const entries = Object.entries(table).map(([field, entry]): readonly [string, unknown] => {
    const value = (values as Values)[field];
    if (value === undefined) return [field, undefined];
    if (!isRow(entry)) return [field, contractJson(entry, value as object)];
    if (entry.saidBy?.value === value) return [entry.saidBy.field, true];
    return [field, entry.enumeration === undefined ? value : nameIn(entry.enumeration, value as string)];
  });
  return Object.fromEntries(entries);
}

/** A spec as it is stored: the contract's JSON. */
export const specJson = (spec: JobSpec): unknown => TrainingSpec.toJSON(specMessage(spec));

/** @throws invalid-input, as of a client's; what a preset said when it was stored holds, whatever the preset says now */
export function specOfJson(json: unknown): JobSpec {
  const { preset, ...request } = specRequestOf(TrainingSpec.fromJSON(json));
  return { ...completeSpec(request), ...(preset !== undefined && { preset }) };
}
