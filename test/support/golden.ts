import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readSafetensors } from '../../core/model/safetensors.js';
import type { HostTensor } from '../../core/model/host-tensors.js';

const FOLDER = new URL('../../../../shared/golden/', import.meta.url);

/** Vectors that an independent implementation wrote. */
export interface Golden {
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
  tensor(name: string): HostTensor;
}

/** The names of the golden files that are there: `golden-<seed>`, or `golden-<family>-<seed>`. */
export function goldenNames(family?: string): string[] {
  if (!existsSync(FOLDER)) return [];
  const pattern = new RegExp(`^(golden-${family === undefined ? '' : `${family}-`}\\d+)\\.safetensors$`);
  return readdirSync(FOLDER).flatMap((name) => pattern.exec(name)?.[1] ?? []);
}

/** The golden vectors of a file, undefined where they are not there. */
export function openGolden(file: string): Golden | undefined {
  const path = new URL(`${file}.safetensors`, FOLDER);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const { tensors } = readSafetensors(bytes, file);
  return {
    bytes,
    names: Object.keys(tensors),
    tensor: (name) => {
      const value = tensors[name];
      if (value === undefined) throw new Error(`${file}: expected a tensor ${name}`);
      return value;
    },
  };
}
