import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../core/durable/durable-files.js';
import { killProcess } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

const FILE = 'owner.json';

const owner = z.object({ token: z.string(), pid: z.int(), bootId: z.string(), startTicks: z.string() });

/** Writes down which process works on a job. It may begin once this has resolved. @param token drawn for this process alone */
export async function recordOwner(directory: string, token: string, identity: ProcessIdentity): Promise<void> {
  await replaceFile(join(directory, FILE), `${JSON.stringify({ token, ...identity })}\n`);
}

/**
 * Ends whatever process worked on a job last, if it still lives: a service that was killed may have left one behind, and two
 * processes must not write to one job.
 */
export async function fenceJob(directory: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(join(directory, FILE), 'utf8');
  } catch {
    return;
  }
  const last = owner.safeParse(JSON.parse(text));
  if (last.success) await killProcess(last.data);
}

/** Whether the job still belongs to the process that was given this token. */
export function ownsJob(directory: string, token: string): boolean {
  try {
    const text = readFileSync(join(directory, FILE), 'utf8');
    return owner.parse(JSON.parse(text)).token === token;
  } catch {
    return false;
  }
}
