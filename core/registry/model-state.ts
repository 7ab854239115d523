import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checked, parseJson } from '../checked-json.js';
import { claimedFile, claimName } from '../durable/claim-name.js';
import { isErrno } from '../durable/errno.js';
import { isDirectory } from '../durable/is-directory.js';
import { syncDirectory, temporaryName, writeSynced } from '../durable/durable-files.js';
import { readBoundedFile } from './bounded-file.js';
import { MANIFEST_FILE } from './manifest.js';
import { versionOf } from './names.js';

/*
 * What moves about a model: its aliases, and which versions are deleted. It is compared and set between processes, perhaps in several
 * containers, any of which may be killed at any point; so there is no lock that somebody might die with. The change from generation g to
 * g + 1 is the creation of `.aliases-<g + 1>.json` (see `claimName`), complete and synced before it has that name: one process succeeds, all
 * others read again and decide again. Then the same file becomes `aliases.json` by rename, which is what people look at. Should its
 * writer die before, or be overtaken, then the entry of a higher generation is what counts.
 */

const ALIASES_FILE = 'aliases.json';
const ENTRY = /^\.aliases-([1-9]\d{0,14})\.json$/;
/** Entries that are kept. A writer that falls back so far between reading and linking could take a generation again, and notices. */
const RETAINED = 100;
const MAX_STATE_BYTES = 4 * 1024 * 1024;

const stateSchema = z.object({
  generation: z.int().min(0),
  aliases: z.record(z.string(), z.int().min(1)),
  history: z.record(z.string(), z.array(z.int().min(1))).default({}),
  deletedVersions: z.array(z.int().min(1)),
});

/** What moves about a model. */
export interface ModelState {
  readonly generation: number;
  /** alias → version. */
  readonly aliases: Readonly<Record<string, number>>;
  /** alias → the versions that it pointed to before, the last one last; what rollbacks have gone back from is not among them. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Their numbers are never used again. */
  readonly deletedVersions: readonly number[];
}

/** What a model's directory holds. */
export interface ModelDirectory {
  readonly state: ModelState;
  /** The versions whose directories are there, deleted ones included, ascending. */
  readonly directories: readonly number[];
  /** Those that have a manifest and are not deleted, ascending. */
  readonly versions: readonly number[];
}

/** Reads a model's directory. @returns undefined if there is none @throws data-loss */
export async function readModelDirectory(path: string): Promise<ModelDirectory | undefined> {
  for (;;) {
    let entries;
    try {
      entries = await readdir(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
    const highest = highestGeneration(entries);
    const state = await readState(path, highest);
    // Between listing and reading the entry was overtaken by so many others that it is gone.
    if (state === undefined) continue;
    const deleted = new Set(state.deletedVersions);
    const numbers = entries.flatMap((name) => versionOf(name) ?? []).sort((a, b) => a - b);
    const areDirectories = await Promise.all(numbers.map((version) => isDirectory(join(path, `${version}`))));
    const directories = numbers.filter((_, index) => areDirectories[index]);
    const complete = await Promise.all(directories.map((version) => exists(join(path, `${version}`, MANIFEST_FILE))));
    const versions = directories.filter((version, i) => complete[i] === true && !deleted.has(version));
    return { state, directories, versions };
  }
}

/**
 * Changes a model's state from the one that was read to the next.
 *
 * @returns whether it did; if not, somebody else did, and it must be read again
 */
async function commitState(path: string, from: ModelState, change: Partial<ModelState>): Promise<boolean> {
  const generation = from.generation + 1;
  const state: ModelState = { ...from, ...change, generation };
  const temporary = join(path, temporaryName());
  const entry = entryPath(path, generation);
  try {
    await writeSynced(temporary, `${JSON.stringify(state, null, 2)}\n`);
    if (!(await claimName(temporary, entry))) return false;
    const names = await readdir(path);
    if (highestGeneration(names) >= generation + RETAINED) {
      await rm(entry, { recursive: true });
      return false;
    }
    await rename(temporary, join(path, ALIASES_FILE));
    await syncDirectory(path);
    await dropEntries(path, names, generation - RETAINED);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Reads, decides and commits until nobody was faster. @param decide what to change, undefined if nothing; throws if it must not be */
export async function changeState(
  path: string,
  decide: (directory: ModelDirectory | undefined) => Partial<ModelState> | undefined,
): Promise<void> {
  for (;;) {
    const directory = await readModelDirectory(path);
    const change = decide(directory);
    if (directory === undefined || change === undefined) return;
    if (await commitState(path, directory.state, change)) return;
  }
}

async function readState(path: string, highest: number): Promise<ModelState | undefined> {
  const current = await readStateFile(join(path, ALIASES_FILE));
  if (current !== undefined && current.generation >= highest) return current;
  if (highest > 0) return readStateFile(await claimedFile(entryPath(path, highest)));
  return { generation: 0, aliases: {}, history: {}, deletedVersions: [] };
}

async function readStateFile(file: string): Promise<ModelState | undefined> {
  const bytes = await readBoundedFile(file, MAX_STATE_BYTES);
  if (bytes === undefined) return undefined;
  return checked(parseJson(bytes, file), stateSchema, `${file}: `);
}

/** A manifest that is a link, say, is there: whoever reads it says what is wrong with it. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function dropEntries(path: string, names: readonly string[], upTo: number): Promise<void> {
  for (const name of names) {
    const generation = generationOf(name);
    if (generation !== undefined && generation <= upTo) await rm(join(path, name), { recursive: true, force: true });
  }
}

function highestGeneration(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => generationOf(name) ?? 0));
}

function generationOf(name: string): number | undefined {
  const digits = ENTRY.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function entryPath(path: string, generation: number): string {
  return join(path, `.aliases-${generation}.json`);
}
