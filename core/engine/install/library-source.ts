import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DomainError } from '../../errors.js';

/** Where a library comes from. */
export type LibrarySource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'wheel'; readonly path: string }
  /** @property version as pip takes it after `==`; undefined: the newest */
  | { readonly kind: 'pip'; readonly version: string | undefined };

/**
 * Reads what `--from` says: `pip`, `pip=2.16.1`, a wheel file or a directory.
 *
 * @throws DomainError `failed-precondition` if no such file is there
 */
export async function parseLibrarySource(text: string): Promise<LibrarySource> {
  const pip = /^pip(?:={1,2}(.+))?$/.exec(text);
  if (pip !== null) return { kind: 'pip', version: pip[1] };
  const path = resolve(text);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return { kind: 'directory', path };
  if (found?.isFile() === true && path.endsWith('.whl')) return { kind: 'wheel', path };
  throw new DomainError(
    'failed-precondition',
    `--from: expected a directory, a wheel file (.whl), pip or pip=VERSION, got ${text}, ${found === undefined ? 'which is not there' : 'which is neither'}`,
  );
}
