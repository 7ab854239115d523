import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The directory of this project, which holds its package.json, its node_modules and its build output. */
const PROJECT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where an engine that was built on this machine is put and found. */
export function engineDirectory(name: string): string {
  return join(PROJECT, 'engines', name);
}
