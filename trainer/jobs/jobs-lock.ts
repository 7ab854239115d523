import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { claimedFile, claimName } from '../../core/durable/claim-name.js';
import { isErrno } from '../../core/durable/errno.js';
import { makeDirectory, temporaryName, writeSynced } from '../../core/durable/durable-files.js';
import { DomainError } from '../../core/errors.js';
import { identifyProcess, isAlive } from './process-identity.js';

const FILE = 'service.json';

const holder = z.object({ pid: z.int(), bootId: z.string(), startTicks: z.string() });

/**
 * Makes this process the only one that runs the jobs of a directory; what a process that has ended left there is taken over.
 * Processes that cannot see each other (other hosts, other process namespaces) are not kept apart.
 *
 * @returns gives the directory up
 * @throws failed-precondition if a living process has it
 */
export async function lockJobs(root: string): Promise<() => Promise<void>> {
  await makeDirectory(root);
  const path = join(root, FILE);
  const mine = join(root, temporaryName());
  await writeSynced(mine, `${JSON.stringify(identifyProcess(process.pid))}\n`);
  try {
    while (!(await claimName(mine, path))) {
      await refuseLiving(root, path);
      // Taken aside before it is removed: two services that find the same dead lock must not remove each other's.
      const aside = join(root, temporaryName());
      if (!(await moved(path, aside))) continue;
      try {
        await refuseLiving(root, aside);
      } catch (error) {
        await claimName(aside, path);
        throw error;
      } finally {
        await rm(aside, { recursive: true, force: true });
      }
    }
  } finally {
    await rm(mine, { force: true });
  }
  return () => rm(path, { recursive: true, force: true });
}

async function refuseLiving(root: string, path: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(await claimedFile(path), 'utf8');
  } catch {
    return;
  }
  const found = holder.safeParse(jsonOrNothing(text));
  if (found.success && isAlive(found.data))
    throw new DomainError('failed-precondition', `${root}: expected no other trainer, got process ${found.data.pid}`);
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns false if there is nothing of that name any more */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
