import { link, lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from './errno.js';
import { syncDirectory, temporaryName, writeSynced } from './durable-files.js';

/** What the file of a claimed name is called where the name is a directory's. */
const HELD = 'content';

/** What link(2) answers on a file system without hard links, such as FAT, SMB or some that are mounted by FUSE. */
const NO_LINKS = ['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES'];

/**
 * Gives a file that is complete and synced a second name, unless something has it: of several processes one succeeds. By link(2), or, where the file
 * system has no hard links, by renaming a directory that holds a copy: a directory takes the place of nothing that is there, but an empty one.
 *
 * @param file on the same file system; or what has been claimed before, which is then moved
 * @returns whether it has the name now
 */
export async function claimName(file: string, name: string): Promise<boolean> {
  if ((await lstat(file)).isDirectory()) return movedTo(file, name);
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (!isErrno(error, ...NO_LINKS)) throw error;
  }
  const holder = join(dirname(name), temporaryName());
  try {
    await mkdir(holder);
    await writeSynced(join(holder, HELD), await readFile(file));
    await syncDirectory(holder);
    return await movedTo(holder, name);
  } finally {
    await rm(holder, { recursive: true, force: true });
  }
}

/** The file behind a name that may have been claimed: itself, or the one that the directory of this name holds. */
export async function claimedFile(name: string): Promise<string> {
  const isHeld = await lstat(name).then(
    (status) => status.isDirectory(),
    () => false,
  );
  return isHeld ? join(name, HELD) : name;
}

async function movedTo(directory: string, name: string): Promise<boolean> {
  try {
    await rename(directory, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR')) return false;
    throw error;
  }
}
