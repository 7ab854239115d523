import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, replaceFile } from '../../core/durable/durable-files.js';
import { DomainError, messageOf } from '../../core/errors.js';
import { isErrno } from '../../core/durable/errno.js';
import { decodeShard, encodeShard, type ShardRecord } from './shard-record.js';

/** Where finished shards are kept. */
export interface ShardStore {
  /** @returns undefined if it is not finished */
  read(name: string): Promise<ShardRecord | undefined>;
  write(shard: ShardRecord): Promise<void>;
  /** Makes a shard unfinished. */
  remove(name: string): Promise<void>;
}

/** In memory: nothing outlives the process. */
export function shardsInMemory(): ShardStore {
  const shards = new Map<string, ShardRecord>();
  return {
    read: (name) => Promise.resolve(shards.get(name)),
    write: (shard) => {
      shards.set(shard.name, shard);
      return Promise.resolve();
    },
    remove: (name) => {
      shards.delete(name);
      return Promise.resolve();
    },
  };
}

/** Everything that decides what an evaluation finds. Plain JSON. */
export type EvaluationIdentity = Readonly<Record<string, unknown>>;

/** A name for everything that decides what an evaluation finds. */
export function evaluationKey(identity: EvaluationIdentity): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

const IDENTITY_FILE = 'evaluation.json';

/**
 * In a directory, a file a shard, each synced and renamed into its place: whoever is killed has finished a shard or not. Several processes
 * may use the directory at a time.
 *
 * A damaged file counts as not finished, and `onDamaged` hears of it.
 *
 * @throws failed-precondition if the directory holds another evaluation, naming what differs
 */
export async function openShardDirectory(
  directory: string,
  identity: EvaluationIdentity,
  onDamaged: (problem: string) => void = () => undefined,
): Promise<ShardStore> {
  const key = evaluationKey(identity);
  await makeDirectory(directory);
  const identityFile = join(directory, IDENTITY_FILE);
  const known = await readText(identityFile);
  if (known === undefined) await replaceFile(identityFile, `${JSON.stringify(identity, undefined, 2)}\n`);
  else assertSame(identity, known, identityFile);
  const fileOf = (name: string): string => join(directory, `${name}.json`);
  return {
    read: async (name) => {
      const file = fileOf(name);
      const text = await readText(file);
      if (text === undefined) return undefined;
      try {
        const shard = decodeShard(text, file);
        if (shard.evaluation === key && shard.name === name) return shard;
        throw new DomainError(
          'data-loss',
          `${file}: expected shard ${name} of this evaluation, got ${shard.name} of ${shard.evaluation}`,
        );
      } catch (error) {
        if (!(error instanceof DomainError && error.kind === 'data-loss')) throw error;
        onDamaged(error.message);
        return undefined;
      }
    },
    write: (shard) => replaceFile(fileOf(shard.name), encodeShard(shard)),
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

function assertSame(identity: EvaluationIdentity, known: string, file: string): void {
  let value: unknown;
  try {
    value = JSON.parse(known);
  } catch (error) {
    throw new DomainError(
      'data-loss',
      `${file}: expected JSON: ${messageOf(error)}; remove the directory to begin again`,
    );
  }
  const wanted = JSON.parse(JSON.stringify(identity)) as unknown;
  const difference = firstDifference(wanted, value, '');
  if (difference === undefined) return;
  throw new DomainError('failed-precondition', `${file}: another evaluation's: ${difference}`);
}

/** Where two values of JSON differ first, for people; undefined if they do not. */
function firstDifference(wanted: unknown, got: unknown, path: string): string | undefined {
  if (typeof wanted === 'object' && wanted !== null && typeof got === 'object' && got !== null) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const [a, b] = [wanted, got].map((value) => (value as Record<string, unknown>)[key]);
      const difference = firstDifference(a, b, path === '' ? key : `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return wanted === got ? undefined : `${path}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
