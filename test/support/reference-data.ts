import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The directory of a public data set, as its authors publish it; undefined where it is not there. */
export function referenceData(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}
