import { invalidInput } from '../../core/errors.js';
import {
  CROSSING_LOSSES,
  DEFAULT_LOSSES,
  LOSS_ROLES,
  METHOD_FIELDS,
  TRAINING_LOSSES,
  type Asked,
  type CommonConfig,
  type FieldRule,
  type LossRole,
  type MethodConfig,
  type MethodField,
  type TrainingLosses,
} from '../mma/methods/method-config.js';
import { TRAINING_METHODS, type Method } from '../mma/methods.js';
import { choice, integer, real } from './spec-fields.js';

/** What a client asks for of the fields that only some methods take. */
export type MethodRequest = { readonly [Field in MethodField]?: number | undefined } & {
  readonly losses?: { readonly [Role in LossRole]?: string | undefined } | undefined;
};

/**
 * What a method takes of its own fields, every default filled in.
 *
 * @throws invalid-input naming a field whose value the method does not take, as the contract does
 */
export function completeMethod(
  method: Method,
  request: MethodRequest,
  common: CommonConfig,
): Pick<MethodConfig, MethodField | 'losses'> {
  const { fields } = TRAINING_METHODS[method];
  const complete: Asked = {};
  for (const field of METHOD_FIELDS) {
    const number = completeField(method, field, fields[field], request[field], common, complete);
    if (number !== undefined) complete[field] = number;
  }
  // Every method has a rule for the clean coefficient.
  const { cleanCoefficient = 1 } = complete;
  return { ...complete, cleanCoefficient, losses: completeLosses(method, request.losses ?? {}) };
}

function completeField(
  method: Method,
  field: MethodField,
  rule: FieldRule | undefined,
  value: number | undefined,
  common: CommonConfig,
  before: Asked,
): number | undefined {
  const name = `spec.${contractName(field)}`;
  if (rule === undefined || 'only' in rule) {
    if (value === undefined || value === rule?.only) return rule?.only;
    const expected = rule === undefined ? 'none' : `none, or ${rule.only},`;
    throw invalidInput(name, `${expected} for method ${method}`, String(value));
  }
  const byDefault = rule.byDefault(common, before);
  if ('whole' in rule) return integer(name, value, byDefault, rule.whole.least, rule.whole.most);
  return real(name, value, byDefault, rule.interval(common, before));
}

function completeLosses(method: Method, request: NonNullable<MethodRequest['losses']>): Partial<TrainingLosses> {
  const { losses: roles } = TRAINING_METHODS[method];
  const complete = LOSS_ROLES.flatMap((role) => {
    const name = `spec.losses.${role}`;
    const asked = request[role] ?? '';
    if (roles.includes(role)) return [[role, lossOf(name, role, asked)] as const];
    if (asked !== '') throw invalidInput(name, `none for method ${method}`, asked);
    return [];
  });
  return Object.fromEntries(complete);
}

function lossOf(name: string, role: LossRole, asked: string): string {
  if (role === 'search' && (asked === 'ce' || asked === 'cw'))
    throw invalidInput(
      name,
      `a loss that crosses zero, one of ${CROSSING_LOSSES.join(', ')}`,
      `${asked}, never below 0`,
    );
  return choice(name, asked, role === 'search' ? CROSSING_LOSSES : TRAINING_LOSSES, DEFAULT_LOSSES[role]);
}

/** cleanCoefficient → clean_coefficient. */
const contractName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
