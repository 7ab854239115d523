import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TEMPORARY_PREFIX, temporaryName } from '../../durable/durable-files.js';
import { isErrno } from '../../durable/errno.js';

/**
 * Puts a directory together beside its place and moves it there in one step: whoever looks sees what was there before or all of the new one.
 * Nothing is left behind if it fails. What a killed process left is removed.
 *
 * @param build fills the directory, which has the depth in the tree that it will have in its place, and checks that it works
 * @returns what `build` returns
 */
export async function installDirectory<T>(place: string, build: (directory: string) => Promise<T>): Promise<T> {
  const target = resolve(place);
  const parent = dirname(target);
  const directory = join(parent, temporaryName());
  // With its parent in one call: an installation that fails beside this one removes the parent while it is empty.
  const made = await mkdir(directory, { recursive: true });
  try {
    await removeLeftovers(parent);
    const built = await build(directory);
    await replaceDirectory(directory, target);
    return built;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(parent, made);
    throw error;
  }
}

/** A directory cannot be renamed onto one that has files: the old one steps aside first, and back if the new one cannot come. */
async function replaceDirectory(directory: string, target: string): Promise<void> {
  const aside = join(dirname(target), temporaryName());
  const old = await rename(target, aside).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(directory, target);
  } catch (error) {
    if (old) await rename(aside, target);
    throw error;
  }
  if (old) await rm(aside, { recursive: true, force: true });
}

/** Temporary names begin with the number of the process that made them. */
async function removeLeftovers(parent: string): Promise<void> {
  const owner = new RegExp(`^\\${TEMPORARY_PREFIX}(\\d+)-`);
  for (const name of await readdir(parent)) {
    const pid = owner.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the directories that were made on the way, from the innermost to the outermost, unless something is in them by now. */
async function removeEmpty(innermost: string, outermost: string): Promise<void> {
  try {
    for (let each = innermost; each.length >= outermost.length; each = dirname(each)) await rmdir(each);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  }
}
