import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources of the addon. Where only what was built is deployed they are not there. */
export const ADDON_SOURCES = fileURLToPath(new URL('../../../../core/engine/torch/addon', import.meta.url));

/** The file beside a built addon that says what it was built from. */
export const DIGEST_FILE = 'sources.sha256';

/** What the sources are now; undefined where they are not there. */
export function sourcesDigest(): string | undefined {
  if (!existsSync(ADDON_SOURCES)) return undefined;
  const names = readdirSync(ADDON_SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(cpp|h)$/.test(name),
  );
  const hash = createHash('sha256');
  for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(ADDON_SOURCES, name)));
  return hash.digest('hex');
}

/** Whether an addon was built from other sources than there are now, whose instructions it would not know. */
export function isStale(directory: string): boolean {
  const [now, file] = [sourcesDigest(), join(directory, DIGEST_FILE)];
  return now !== undefined && existsSync(file) && readFileSync(file, 'utf8').trim() !== now;
}
