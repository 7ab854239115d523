import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What lies above this file in the build's output. */
const BUILD = fileURLToPath(new URL('..', import.meta.url));

/** The folders that hold whatever decides what an evaluation or a training finds. */
const NUMERICS = ['core', 'trainer'];

/**
 * SHA-256 of the code that computes, as it was built: who changes an attack gets another one, though the version stays. Packages
 * that it uses are left out.
 */
export async function codeFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of NUMERICS) {
    const entries = await readdir(join(BUILD, folder), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(`${relative(BUILD, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex');
}
