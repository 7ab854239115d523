import { z } from 'zod';
import { DomainError, messageOf } from '../../core/errors.js';
import type { HostTensor, HostTensors } from '../../core/model/host-tensors.js';
import { readSafetensors, writeSafetensors } from '../../core/model/safetensors.js';
import type { Checkpoint } from './checkpoint.js';
import { EMPTY_HISTORY, historyRecordSchema } from './history-record.js';

const FORMAT = 1;
const METADATA = 'checkpoint';

const count = z.int().min(0);
// Checkpoints of earlier versions have neither quantiles nor a history.
const validation = z.object({
  step: count,
  margin: z.number(),
  accuracy: z.number(),
  quantiles: z.array(z.number()).default([]),
});
const word = z.int().min(0).max(0xffffffff);
const metadata = z.object({
  format: z.literal(FORMAT),
  fingerprint: z.string(),
  step: count,
  random: z.tuple([word, word, word, word]),
  figures: z.object({
    cleanLoss: z.number(),
    marginLoss: z.number(),
    meanRadius: z.number(),
    batchAccuracy: z.number(),
  }),
  history: historyRecordSchema.default(EMPTY_HISTORY),
  validation: validation.optional(),
  best: validation.optional(),
  withoutBetter: count.default(0),
});

/** A checkpoint as one safetensors file: `weights/…`, `moments/…`, `best/…`, `radii`, `order`, and the rest as JSON in its metadata. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { weights, moments, radii, order, best, ...rest } = checkpoint;
  const tensors = {
    ...prefixed('weights/', weights),
    ...prefixed('moments/', moments),
    ...prefixed('best/', best?.weights ?? {}),
    radii: { shape: [radii.length], data: radii },
    order: { shape: [order.length], data: Int32Array.from(order) },
  };
  const json = { format: FORMAT, ...rest, ...(best && { best: best.validation }) };
  return writeSafetensors(tensors, { [METADATA]: JSON.stringify(json) });
}

/**
 * Reads what {@link encodeCheckpoint} wrote.
 *
 * @param file names the file in errors
 * @throws data-loss if it is anything else
 */
export function decodeCheckpoint(bytes: Uint8Array, file = 'checkpoint'): Checkpoint {
  try {
    const contents = readSafetensors(bytes, file);
    const json: unknown = JSON.parse(contents.metadata[METADATA] ?? 'null');
    const { fingerprint, step, random, figures, history, validation: last, best, withoutBetter } = metadata.parse(json);
    const radii = contents.tensors.radii?.data;
    const order = contents.tensors.order?.data;
    if (!(radii instanceof Float32Array && order instanceof Int32Array && radii.length === order.length))
      throw new Error('expected radii (F32) and order (I32) of one length');
    return {
      fingerprint,
      step,
      random,
      figures,
      history,
      weights: unprefixed('weights/', contents.tensors),
      moments: unprefixed('moments/', contents.tensors),
      radii,
      order: Uint32Array.from(order),
      ...(last && { validation: last }),
      ...(best && { best: { validation: best, weights: unprefixed('best/', contents.tensors) } }),
      withoutBetter,
    };
  } catch (error) {
    throw new DomainError('data-loss', `${file}: not a checkpoint: ${messageOf(error)}`, { cause: error });
  }
}

const prefixed = (prefix: string, tensors: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

const unprefixed = (prefix: string, tensors: HostTensors): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
