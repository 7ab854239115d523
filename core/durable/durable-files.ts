import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What the names of half-written files and directories begin with. */
export const TEMPORARY_PREFIX = '.tmp-';

/** A name that nobody else uses. */
export function temporaryName(): string {
  return `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`;
}

/** Writes a new file and waits until its bytes are on the disk; its name is there only once its directory has been synced too. */
export async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    throw naming(error, path);
  } finally {
    await file.close();
  }
}

/** What a system call on an open file has failed with, such as ENOSPC, does not say which file that was. */
function naming(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || 'path' in error) return error;
  return Object.assign(error, { path, message: `${error.message} '${path}'` });
}

/** Waits until the names in a directory are on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Puts bytes under a name, in one step: whoever reads sees the old file or the new one, also after a crash. */
export async function replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, temporaryName());
  try {
    await writeSynced(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Makes a directory and those above it, and waits until their names are on the disk. */
export async function makeDirectory(path: string): Promise<void> {
  const whole = resolve(path);
  const first = await mkdir(whole, { recursive: true });
  if (first === undefined) return;
  for (let made = whole; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}
