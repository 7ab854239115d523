import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checked, parseJson } from '../../core/checked-json.js';
import { DomainError } from '../../core/errors.js';
import { attackTally, exampleMargin, maskingCheck, shownExample } from './evaluation-schema.js';

const count = z.int().min(0);
const examples = z.array(count);

const finding = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('clean'), correct: examples }),
  z.object({ kind: z.literal('robust'), correct: examples, broken: examples, attacks: z.array(attackTally) }),
  z.object({
    kind: z.literal('margins'),
    each: z.array(exampleMargin),
    gradientEvaluations: count,
    shown: z.array(shownExample),
  }),
  z.object({ kind: z.literal('masking'), checks: z.array(maskingCheck) }),
]);

const shardRecord = z.object({
  format: z.literal(1),
  /** The evaluation that it is of: its key. */
  evaluation: z.string(),
  name: z.string(),
  /** In sum over its examples. */
  gradientEvaluations: count,
  forwardEvaluations: count,
  seconds: z.number().min(0),
  finding,
});

const shardFile = z.object({ sha256: z.string(), shard: shardRecord });

/** What a part of the plan found on some of the examples. */
export type ShardFinding = Readonly<z.infer<typeof finding>>;

/** What a finished shard found, and what it cost: plain JSON. */
export type ShardRecord = Readonly<z.infer<typeof shardRecord>>;

/** A shard as the text of its file, with the checksum of its content. */
export function encodeShard(shard: ShardRecord): string {
  return JSON.stringify({ sha256: checksum(shard), shard });
}

/** @throws data-loss if the text is damaged, naming the file */
export function decodeShard(text: string, file: string): ShardRecord {
  const value = parseJson(text, file);
  const { sha256, shard } = checked(value, shardFile, `${file}: `);
  // As it was read: a schema may give fields another order.
  const got = checksum((value as { readonly shard: unknown }).shard);
  if (got !== sha256) throw new DomainError('data-loss', `${file}: expected SHA-256 ${sha256}, got ${got}`);
  return shard;
}

const checksum = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
