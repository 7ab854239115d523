import { invalidInput } from '../errors.js';
import { shown } from '../field.js';

/** No slash, no leading dot: such a name is one file of the directory that it is joined to. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const NAME_RULE = 'up to 64 of a-z, 0-9, ".", "_", "-", a letter or digit first';
const VERSION_DIRECTORY = /^[1-9]\d{0,9}$/;

export function isModelName(name: string): boolean {
  return NAME.test(name);
}

/** @param field what the error calls it @throws invalid-input */
export function checkModelName(name: string, field = 'name'): void {
  if (!isModelName(name)) throw invalidInput(field, NAME_RULE, shown(name));
}

/** @param field what the error calls it @throws invalid-input */
export function checkAliasName(alias: string, field = 'alias'): void {
  if (!NAME.test(alias)) throw invalidInput(field, NAME_RULE, shown(alias));
}

/** @throws invalid-input */
export function checkVersion(version: number): void {
  if (!VERSION_DIRECTORY.test(String(version))) throw invalidInput('version', 'an integer ≥ 1', String(version));
}

/** The version that a directory of this name holds, undefined if it is none. */
export function versionOf(directory: string): number | undefined {
  return VERSION_DIRECTORY.test(directory) ? Number(directory) : undefined;
}
