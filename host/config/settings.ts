import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';
import { checked, shown, text, type Field } from '../../core/field.js';
import { oneOf } from '../../core/nearest-names.js';
import { CheckedOption } from './command.js';

/** Something that a program may be told by a flag, by a variable of the environment, or in a file. */
export interface Setting {
  readonly field: Field<unknown>;
  /** For people. */
  readonly help: string;
  /** What is taken where it is not set, in words; empty: nothing worth a word. */
  readonly otherwise: string;
}

/** By the name that it has in a file: `maxBatch` is `--max-batch` and `MAXMARGIN_MAX_BATCH`. */
export type Settings = Readonly<Record<string, Setting>>;

/** A value, and what said it: `--max-batch`, `MAXMARGIN_MAX_BATCH` or `server.yaml: maxBatch`. */
export interface Given {
  readonly value: unknown;
  readonly source: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that is wrong, or of an unknown name: a program ends with exit code 2. */
export class SettingError extends DomainError {
  constructor(cause: unknown) {
    super('invalid-input', messageOf(cause), { cause });
  }
}

/** Where other settings are read from. */
const CONFIG: Setting = {
  field: text('file'),
  help: 'YAML file of settings, by their names in camel case',
  otherwise: '',
};

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `maxBatch` → `--max-batch`. */
export const flagOf = (name: string): string => `--${kebab(name)}`;

/** `maxBatch` → `MAXMARGIN_MAX_BATCH`. */
const variableOf = (name: string): string => `MAXMARGIN_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

/** Adds an option for each setting, and those that read and show a file of them. */
export function withSettings(command: Command, settings: Settings): Command {
  for (const [name, setting] of Object.entries({ ...settings, config: CONFIG }))
    command.addOption(optionOf(name, setting));
  return command.option(
    '--print-config',
    'print the settings, and where each comes from, as a file for --config; do nothing else',
  );
}

function optionOf(name: string, { field, help, otherwise }: Setting): Option {
  const flag = flagOf(name);
  const names = field.names === undefined ? '' : `: ${field.names.join(', ')}`;
  const words = `${help}${names}${otherwise === '' ? '' : ` (default: ${otherwise})`}`;
  if (field.placeholder === '') return new Option(flag, words);
  return new CheckedOption(`${flag} <${field.placeholder}>`, words, (said) => settle(field, flag, said));
}

function settle(field: Field<unknown>, source: string, said: unknown): unknown {
  try {
    return checked(field, source, said);
  } catch (error) {
    throw new SettingError(error);
  }
}

/**
 * What was set: by a flag, else by a variable, else in the file that `--config` or `MAXMARGIN_CONFIG` names.
 *
 * @param options what commander has read
 * @throws SettingError naming the source, what was expected and what came; for an unknown name in a file the nearest ones
 */
export function readSettings(
  settings: Settings,
  options: Readonly<Record<string, unknown>>,
  environment: Environment,
): ReadonlyMap<string, Given> {
  const said = (name: string, { field }: Setting): Given | undefined => {
    if (options[name] !== undefined) return { value: options[name], source: flagOf(name) };
    const variable = variableOf(name);
    const value = environment[variable];
    return value === undefined ? undefined : { value: settle(field, variable, value), source: variable };
  };
  const config = said('config', CONFIG);
  const given = new Map<string, Given>(config === undefined ? [] : readFile(settings, config));
  for (const [name, setting] of Object.entries(settings)) {
    const value = said(name, setting);
    if (value !== undefined) given.set(name, value);
  }
  return given;
}

function readFile(settings: Settings, { value, source }: Given): ReadonlyMap<string, Given> {
  const file = value as string;
  let yaml: string;
  try {
    yaml = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingError(invalidInput(source, 'a file that can be read', `${file} (${messageOf(error)})`));
  }
  return statedSettings(settings, file, yaml);
}

/**
 * What YAML, or JSON, states of settings.
 *
 * @param source what states it, for errors: `server.yaml`
 * @throws SettingError naming the place, what was expected and what came; for an unknown name the nearest ones
 */
export function statedSettings(settings: Settings, source: string, yaml: string): ReadonlyMap<string, Given> {
  const document = parseDocument(yaml);
  const [fault] = document.errors;
  if (fault !== undefined) throw new SettingError(invalidInput(source, 'YAML', fault.message.split('\n')[0] ?? ''));
  const stated: unknown = document.toJS();
  if (stated !== null && !isMap(document.contents))
    throw new SettingError(invalidInput(source, 'names with values', shown(stated)));
  const entries = Object.entries(stated ?? {}).map(([name, value]): [string, Given] => {
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined)
      throw new SettingError(invalidInput(source, oneOf(Object.keys(settings), name), shown(name)));
    const where = `${source}: ${name}`;
    return [name, { value: settle(setting.field, where, value as unknown), source: where }];
  });
  return new Map(entries);
}

/** Settings as a file for `--config`, each with a comment on its source. @param all by name, in order */
export function formatSettings(all: Iterable<readonly [name: string, given: Given]>): string {
  const entries = [...all];
  const document = new Document(Object.fromEntries(entries.map(([name, { value }]) => [name, value])));
  if (!isMap(document.contents)) return '';
  for (const [i, { value }] of document.contents.items.entries()) {
    if (isSeq(value)) value.flow = true;
    if (isScalar(value) || isSeq(value)) value.comment = ` ${entries[i]?.[1].source ?? ''}`;
  }
  return document.toString({ lineWidth: 0 });
}
