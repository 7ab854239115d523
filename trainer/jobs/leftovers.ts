import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_PREFIX } from '../../core/durable/durable-files.js';

/** Removes what processes that were killed had begun to write. @param alive the process whose files are left alone */
export async function removeLeftovers(directory: string, alive?: number): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    if (alive !== undefined && name.startsWith(`${TEMPORARY_PREFIX}${alive}-`)) continue;
    await rm(join(directory, name), { force: true });
  }
}
