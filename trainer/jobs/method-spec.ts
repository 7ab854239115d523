import { invalidInput } from '../../core/errors.js';
import {
  METHOD_FIELDS,
  type CommonConfig,
  type FieldRule,
  type MethodConfig,
  type MethodField,
} from '../mma/methods/method-config.js';
import { TRAINING_METHODS, type Method } from '../mma/methods.js';
import { real } from './spec-fields.js';

/** What a client asks for of the fields that only some methods take. */
export type MethodRequest = { readonly [Field in MethodField]?: number | undefined };

/**
 * What a method takes of its own fields, every default filled in.
 *
 * @throws invalid-input naming a field whose number the method does not take, as the contract does
 */
export function completeMethod(
  method: Method,
  request: MethodRequest,
  common: CommonConfig,
): Pick<MethodConfig, MethodField> {
  const { fields } = TRAINING_METHODS[method];
  const complete = METHOD_FIELDS.flatMap((field) => {
    const number = completeField(method, field, fields[field], request[field], common);
    return number === undefined ? [] : [[field, number] as const];
  });
  return Object.fromEntries(complete) as unknown as Pick<MethodConfig, MethodField>;
}

function completeField(
  method: Method,
  field: MethodField,
  rule: FieldRule | undefined,
  value: number | undefined,
  common: CommonConfig,
): number | undefined {
  const name = `spec.${contractName(field)}`;
  if (rule !== undefined && 'interval' in rule) return real(name, value, rule.byDefault(common), rule.interval(common));
  const only = rule?.only;
  if (value !== undefined && value !== only)
    throw invalidInput(name, `none${only === undefined ? '' : `, or ${only},`} for method ${method}`, String(value));
  return only;
}

/** cleanCoefficient → clean_coefficient. */
const contractName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
