import { invalidInput } from '../../core/errors.js';
import { checked, real, shown } from '../../core/field.js';
import { defaultOf, isRow, type Before, type Row, type Table } from '../mma/hyperparameter.js';
import { HYPERPARAMETERS, LOSSES, OPTIMIZER, OPTIMIZER_OWN, type Method } from '../mma/hyperparameters.js';
import type { MethodField } from '../mma/methods/method-config.js';
import { TRAINING_METHODS } from '../mma/methods.js';
import type { OptimizerConfig, TrainingConfig } from '../mma/training-config.js';
import { contractName, type JobSpecRequest, type OptimizerRequest } from './training-spec.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * The values of a table's rows, in order, defaults filled in and checked.
 *
 * @param name what errors call the table: `spec.data`
 * @param adapt what a row is here; undefined: there is none, and nothing may be asked for
 * @throws invalid-input naming the field as the contract does: `spec.data.train_examples`
 */
export function completeRows(
  name: string,
  table: Table,
  request: Values,
  before: Partial<Before> = {},
  adapt: (field: string, row: Row<unknown>, asked: unknown) => Row<unknown> | undefined = (_, row) => row,
): Values {
  const complete: Record<string, unknown> = {};
  for (const [field, entry] of Object.entries(table)) {
    if (!isRow(entry)) continue;
    const asked = isSaid(request[field]) ? request[field] : undefined;
    const row = adapt(field, entry, asked);
    if (row === undefined) continue;
    const known = { ...before, ...complete } as Before;
    const value = asked ?? defaultOf(row, known);
    if (!isSaid(value)) continue;
    complete[field] = checked(row.within?.(known) ?? row.field, `${name}.${contractName(field)}`, value, pathText);
  }
  return complete;
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== '';

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${contractName(String(key))}`)).join('');

/** @throws invalid-input, also for what the method has no use for */
export function completeHyperparameters(request: JobSpecRequest): TrainingConfig {
  const { method } = completeRows('spec', { method: HYPERPARAMETERS.method }, request) as { readonly method: Method };
  const { fields, losses } = TRAINING_METHODS[method];
  const refuse = (name: string, expected: string, asked: unknown): void => {
    if (asked !== undefined) throw invalidInput(name, `${expected} for method ${method}`, shown(asked));
  };
  const rows = completeRows('spec', HYPERPARAMETERS, request, {}, (field, row, asked) => {
    if (row.ofMethods === undefined) return row;
    const rule = fields[field as MethodField];
    if (rule === undefined) {
      refuse(`spec.${contractName(field)}`, 'none', asked);
      return undefined;
    }
    if (!('only' in rule)) {
      const { within, ...differs } = rule;
      return { ...row, ...differs, ...(within && { within: () => real(within) }) };
    }
    if (asked !== rule.only) refuse(`spec.${contractName(field)}`, `none, or ${rule.only},`, asked);
    return { ...row, byDefault: rule.only };
  });
  return {
    ...rows,
    losses: completeRows('spec.losses', LOSSES, request.losses ?? {}, {}, (role, row, asked) => {
      if (losses.some((each) => each === role)) return row;
      refuse(`spec.losses.${role}`, 'none', asked);
      return undefined;
    }),
    optimizer: completeOptimizer(request.optimizer ?? {}),
  } as unknown as TrainingConfig;
}

function completeOptimizer(request: OptimizerRequest): OptimizerConfig {
  const { schedule: [first] = [], learningRate } = request;
  const atStart = first?.fromStep === 0 ? first.learningRate : undefined;
  const rates = { learningRate: learningRate ?? atStart };
  const { schedule, ...common } = completeRows('spec.optimizer', OPTIMIZER, { ...request, ...rates });
  const { rule } = common as Pick<OptimizerConfig, 'rule'>;
  if (atStart !== undefined && learningRate !== undefined && learningRate !== atStart)
    throw invalidInput('spec.optimizer.learning_rate', `none, or ${atStart} as in the schedule`, shown(learningRate));
  const changes = schedule as OptimizerConfig['schedule'];
  return {
    ...common,
    ...completeRows(`spec.optimizer.${rule}`, OPTIMIZER_OWN[rule], request),
    ...(changes !== undefined && changes.length > 0 && { schedule: changes }),
  } as OptimizerConfig;
}
