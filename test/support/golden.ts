import { existsSync, readFileSync } from 'node:fs';
import { readSafetensors } from '../../core/model/safetensors.js';
import type { HostTensor } from '../../core/model/host-tensors.js';

const FOLDER = new URL('../../../../shared/golden/', import.meta.url);

/** Vectors that an independent implementation wrote. */
export interface Golden {
  readonly bytes: Uint8Array;
  tensor(name: string): HostTensor;
}

/** The golden vectors of a file, undefined where they are not there. */
export function openGolden(file: 'golden-0' | 'golden-wrn-0'): Golden | undefined {
  const path = new URL(`${file}.safetensors`, FOLDER);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const { tensors } = readSafetensors(bytes, file);
  return {
    bytes,
    tensor: (name) => {
      const value = tensors[name];
      if (value === undefined) throw new Error(`${file}: expected a tensor ${name}`);
      return value;
    },
  };
}
