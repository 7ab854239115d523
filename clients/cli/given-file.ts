import { readFileSync } from 'node:fs';
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
