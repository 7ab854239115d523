import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory, syncDirectory } from '../durable/durable-files.js';
import { isDirectory } from '../durable/is-directory.js';
import { DomainError, messageOf } from '../errors.js';
import { oneOf } from '../nearest-names.js';
import { loadVersion, readHistory, readManifest, versionNotFound, type VersionPlace } from './load-version.js';
import { CHAMPION } from './first-champion.js';
import { changeState, readModelDirectory, type ModelDirectory, type ModelState } from './model-state.js';
import { checkAliasName, checkModelName, checkVersion, isModelName } from './names.js';
import { publishVersion } from './publish-version.js';
import type { RegisteredModel, Registry, Survey, VersionSelector, WriteOnnx } from './registry.js';
import { removeVersion } from './sweep.js';

/** Moves of an alias that can be undone. */
const MOST_REMEMBERED = 100;

export interface RegistryOptions {
  /** Default: in this process, which computes meanwhile. */
  readonly writeOnnx?: WriteOnnx;
}

/** Loaded when something is published: most who open a registry publish nothing. */
const inThisProcess: WriteOnnx = async (...given) => {
  const { exportVersion } = await import('../export/export-version.js');
  return exportVersion(...given);
};

/** Opens the registry in a directory, which is made if it is not there. */
export async function openRegistry(
  rootPath: string,
  { writeOnnx = inThisProcess }: RegistryOptions = {},
): Promise<Registry> {
  const root = resolve(rootPath);
  await makeDirectory(root);
  const directoryOf = (name: string): string => {
    checkModelName(name);
    return join(root, name);
  };
  const placeOf = async (name: string, version: number): Promise<VersionPlace> => {
    checkVersion(version);
    const { versions } = await model(name);
    if (!versions.includes(version)) throw versionNotFound({ name, version }, versions);
    return { name, version, directory: join(directoryOf(name), `${version}`) };
  };
  const model = async (name: string): Promise<RegisteredModel> => {
    const found = registered(name, await readModelDirectory(directoryOf(name)));
    if (found !== undefined) return found;
    const names = (await survey()).models.map((each) => each.name);
    const expected = names.length === 0 ? 'one that is registered' : oneOf(names, name);
    throw new DomainError('not-found', `model: expected ${expected}, got ${name}`);
  };

  const survey = async (): Promise<Survey> => {
    const models: RegisteredModel[] = [];
    const unreadable: { name: string; problem: string }[] = [];
    const names: string[] = [];
    for (const entry of (await readdir(root, { withFileTypes: true })).filter(({ name }) => isModelName(name))) {
      const path = join(root, entry.name);
      if (await isDirectory(path)) names.push(entry.name);
      else if (entry.isSymbolicLink())
        unreadable.push({ name: entry.name, problem: `${path}: expected a directory, got a link that leads to none` });
    }
    const read = async (name: string): Promise<RegisteredModel | string | undefined> =>
      readModelDirectory(directoryOf(name)).then((directory) => registered(name, directory), messageOf);
    for (const [name, reading] of names.sort().map((each) => [each, read(each)] as const)) {
      const found = await reading;
      if (typeof found === 'string') unreadable.push({ name, problem: found });
      else if (found !== undefined && found.versions.length > 0) models.push(found);
    }
    return { models, unreadable };
  };

  return {
    root,
    survey,
    listModels: async () => (await survey()).models,
    model,
    resolve: async (name, selector) => resolveVersion(await model(name), selector),
    manifest: async (name, version) => readManifest(await placeOf(name, version)),
    load: async (name, version) => loadVersion(await placeOf(name, version)),
    history: async (name, version) => readHistory(await placeOf(name, version)),
    publish: async (name, publication) => publishVersion(directoryOf(name), name, publication, writeOnnx),
    setAlias: async (name, alias, version, expected) => {
      checkAliasName(alias);
      await loadVersion(await placeOf(name, version));
      await changeState(directoryOf(name), (directory) => {
        const { state } = requireVersion(name, version, directory);
        const current = pointedTo(state, alias);
        checkExpected(name, alias, current, expected);
        if (current === version) return undefined;
        const before = current === undefined ? [] : [...historyOf(state, alias), current].slice(-MOST_REMEMBERED);
        return { aliases: { ...state.aliases, [alias]: version }, history: { ...state.history, [alias]: before } };
      });
      return model(name);
    },
    rollbackAlias: async (name, alias, expected) => {
      checkAliasName(alias);
      await model(name);
      const last = lastBefore(name, alias, await readModelDirectory(directoryOf(name)));
      await loadVersion(await placeOf(name, last));
      await changeState(directoryOf(name), (directory) => {
        const back = lastBefore(name, alias, directory);
        const { state } = requireVersion(name, back, directory);
        checkExpected(name, alias, pointedTo(state, alias), expected);
        const left = historyOf(state, alias);
        const before = left.slice(0, left.lastIndexOf(back));
        return { aliases: { ...state.aliases, [alias]: back }, history: { ...state.history, [alias]: before } };
      });
      return model(name);
    },
    deleteVersion: async (name, version) => {
      await placeOf(name, version);
      await changeState(directoryOf(name), (directory) => {
        const { aliases, deletedVersions } = requireVersion(name, version, directory).state;
        const pointing = Object.keys(aliases).filter((alias) => aliases[alias] === version);
        if (pointing.length > 0) {
          const message = `model ${name}: version ${version}: expected no alias to point to it, got ${pointing.join(', ')}`;
          throw new DomainError('failed-precondition', message);
        }
        return { deletedVersions: [...deletedVersions, version] };
      });
      await removeVersion(directoryOf(name), version);
      await syncDirectory(directoryOf(name));
    },
  };
}

/** @returns undefined if nothing was ever published under the name */
function registered(name: string, directory: ModelDirectory | undefined): RegisteredModel | undefined {
  if (directory === undefined || (directory.directories.length === 0 && directory.state.generation === 0)) {
    return undefined;
  }
  return { name, versions: directory.versions, aliases: directory.state.aliases };
}

/** @throws not-found if the version is not there any more */
function requireVersion(name: string, version: number, directory: ModelDirectory | undefined): ModelDirectory {
  if (!directory?.versions.includes(version)) throw versionNotFound({ name, version }, directory?.versions);
  return directory;
}

function resolveVersion({ name, versions, aliases }: RegisteredModel, selector: VersionSelector): number {
  if ('version' in selector && selector.version !== undefined) {
    if (!versions.includes(selector.version)) throw versionNotFound({ name, version: selector.version }, versions);
    return selector.version;
  }
  const named = 'alias' in selector ? selector.alias : undefined;
  if (versions.length === 0)
    throw new DomainError('failed-precondition', `model ${name}: expected a published version, got none`);
  const alias = named ?? CHAMPION;
  const version = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
  if (version !== undefined) return version;
  const set = Object.keys(aliases);
  if (named === undefined || set.length === 0) {
    const message = `model ${name}: alias ${alias}: expected one that is set, got none`;
    throw new DomainError(named === undefined ? 'failed-precondition' : 'not-found', message);
  }
  throw new DomainError('not-found', `model ${name}: alias: expected ${oneOf(set, named)}, got ${named}`);
}

const pointedTo = ({ aliases }: ModelState, alias: string): number | undefined =>
  Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;

const historyOf = ({ history }: ModelState, alias: string): readonly number[] =>
  Object.hasOwn(history, alias) ? (history[alias] ?? []) : [];

/** The version that an alias pointed to before its last move, of those that are still there. @throws failed-precondition */
function lastBefore(name: string, alias: string, directory: ModelDirectory | undefined): number {
  const versions = directory?.versions ?? [];
  const before = directory === undefined ? [] : historyOf(directory.state, alias);
  const last = before.findLast((version) => versions.includes(version));
  if (last !== undefined) return last;
  throw new DomainError(
    'failed-precondition',
    `model ${name}: alias ${alias} has pointed to no other version that is still there`,
  );
}

/** @throws aborted */
function checkExpected(name: string, alias: string, current = 0, expected = current): void {
  if (current === expected) return;
  const message = `model ${name}: alias ${alias}: expected ${shown(expected)}, got ${shown(current)}`;
  throw new DomainError('aborted', message);
}

function shown(version: number): string {
  return version === 0 ? 'no such alias' : `version ${version}`;
}
