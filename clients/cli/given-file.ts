import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandFailure } from './report-failure.js';

/** A file that the user named. @param option what named it @throws CommandFailure if it cannot be read */
export function readGiven(option: string, expected: string, path: string): Buffer {
  return orUnreadable(option, expected, path, () => readFileSync(path));
}

/** What is found out about such a file, or an error that names it. */
export function orUnreadable<T>(option: string, expected: string, path: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CommandFailure(`${option}: expected ${expected}, got ${path}, which cannot be read (${code})`, 1, {
      cause,
    });
  }
}

/**
 * Checks, before any work, that a picture can be written there.
 *
 * @param option what named it
 * @throws CommandFailure (exit code 2) saying why not
 */
export function checkPicturePath(option: string, path: string): void {
  const refuse = (why: string): never => {
    throw new CommandFailure(`${option}: expected a .png file that can be written, got ${path}, ${why}`, 2);
  };
  if (!path.toLowerCase().endsWith('.png')) refuse('whose name does not end in .png');
  const directory = dirname(path);
  if (!(statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false))
    refuse(`but there is no directory ${directory}`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) refuse('which is not a file');
  try {
    accessSync(directory, constants.W_OK);
  } catch (cause) {
    refuse(`in a directory that cannot be written to (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`);
  }
}
