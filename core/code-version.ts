import { readFileSync } from 'node:fs';

/** The version of maxmargin that runs, from its package.json, which lies above the build output. */
export const CODE_VERSION = readVersion(new URL('../../package.json', import.meta.url));

function readVersion(path: URL): string {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string };
  return version;
}
