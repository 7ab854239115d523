import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_PREFIX, temporaryName } from '../durable/durable-files.js';
import { readModelDirectory } from './model-state.js';

/** Far longer than anybody takes to write a version. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * Removes what killed processes left in a model's directory: temporary files that are old, and versions that are deleted but still there.
 *
 * @param directory the model's, in which something has just been made, so that its own time is now
 */
export async function sweep(directory: string): Promise<void> {
  const now = (await stat(directory)).mtimeMs;
  for (const name of await readdir(directory)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const path = join(directory, name);
    // Both times are the file system's own, so that its clock need not agree with this machine's.
    const age = await stat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await removeQuietly(path);
  }
  const model = await readModelDirectory(directory);
  const deleted = new Set(model?.state.deletedVersions);
  for (const version of model?.directories ?? []) {
    if (deleted.has(version)) await removeVersion(directory, version);
  }
}

/** Takes a deleted version's directory away: first out of its place, in one step. */
export async function removeVersion(directory: string, version: number): Promise<void> {
  const temporary = join(directory, temporaryName());
  await rename(join(directory, `${version}`), temporary).catch(() => undefined);
  await removeQuietly(temporary);
}

/** What cannot be removed now, because somebody else is removing it too, is removed by the next sweep. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
