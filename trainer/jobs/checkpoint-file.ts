import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../core/durable/durable-files.js';
import { DomainError, messageOf } from '../../core/errors.js';
import type { HostTensor, HostTensors } from '../../core/model/host-tensors.js';
import { readSafetensors, writeSafetensors } from '../../core/model/safetensors.js';
import type { RandomState } from '../../core/random.js';
import { z } from 'zod';
import type { Checkpoint } from '../mma/checkpoint.js';

const FORMAT = '1';

/** JSON has no NaN and no infinities. */
const figure = z.union([z.number(), z.null().transform(() => Number.NaN)]);
const validation = z.object({ step: z.int(), margin: figure, accuracy: figure });

/** What a checkpoint holds besides tensors. */
const facts = z.object({
  fingerprint: z.string(),
  step: z.int(),
  figures: z.object({ cleanLoss: figure, marginLoss: figure, meanRadius: figure, batchAccuracy: figure }),
  validation: validation.exactOptional(),
  bestValidation: validation.exactOptional(),
});

/** Writes a checkpoint in the place of the one before; whoever reads sees one or the other. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { fingerprint, step, figures, best } = checkpoint;
  const kept: z.input<typeof facts> = {
    fingerprint,
    step,
    figures,
    ...(checkpoint.validation && { validation: checkpoint.validation }),
    ...(best && { bestValidation: best.validation }),
  };
  const tensors: HostTensors = {
    ...prefixed('weights', checkpoint.weights),
    ...prefixed('moments', checkpoint.moments),
    ...prefixed('best', best?.weights ?? {}),
    radii: { shape: [checkpoint.radii.length], data: checkpoint.radii },
    order: { shape: [checkpoint.order.length], data: Int32Array.from(checkpoint.order) },
    // The bits of unsigned words, which safetensors' I32 keeps.
    random: { shape: [4], data: Int32Array.from(checkpoint.random) },
  };
  await replaceFile(path, writeSafetensors(tensors, { format: FORMAT, facts: JSON.stringify(kept) }));
}

/**
 * Reads a checkpoint.
 *
 * @returns undefined if there is none
 * @throws data-loss naming the file, if it is not what was written
 */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return parse(bytes);
  } catch (error) {
    throw new DomainError('data-loss', `${path}: expected a checkpoint, got ${messageOf(error)}`, { cause: error });
  }
}

function parse(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, 'a file that is none');
  if (metadata.format !== FORMAT) throw new Error(`format ${metadata.format ?? 'unknown'} instead of ${FORMAT}`);
  const { bestValidation, ...rest } = facts.parse(JSON.parse(metadata.facts ?? ''));
  const radii = tensor(tensors, 'radii').data;
  if (!(radii instanceof Float32Array)) throw new Error('radii that are not float32');
  return {
    ...rest,
    weights: below('weights', tensors),
    moments: below('moments', tensors),
    radii,
    order: Uint32Array.from(tensor(tensors, 'order').data),
    random: Array.from(tensor(tensors, 'random').data, (word) => word >>> 0) as unknown as RandomState,
    ...(bestValidation && { best: { validation: bestValidation, weights: below('best', tensors) } }),
  };
}

const prefixed = (prefix: string, tensors: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [`${prefix}/${name}`, value]));

function below(prefix: string, tensors: HostTensors): HostTensors {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(start))
      .map(([name, value]) => [name.slice(start.length), value]),
  );
}

function tensor(tensors: HostTensors, name: string): HostTensor {
  const value = tensors[name];
  if (value === undefined) throw new Error(`one without ${name}`);
  return value;
}
