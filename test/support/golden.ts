import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readSafetensors } from '../../core/model/safetensors.js';
import type { HostTensor } from '../../core/model/host-tensors.js';

/** In this repository: small ones (test/golden/README.md). */
const COMMITTED = new URL('../../../test/golden/', import.meta.url);
/** Beside the checkout, where it is there: larger ones. */
const REFERENCE = new URL('../../../../shared/golden/', import.meta.url);

const PATTERNS = {
  lenet: /^golden-(lenet|\d+)\.safetensors$/,
  wrn: /^golden-wrn(-\d+)?\.safetensors$/,
} as const;

/** Vectors that an independent implementation wrote, of a network of a family. */
export interface Golden {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
  tensor(name: string): HostTensor;
}

/** The golden files of a family, at least one: that of this repository, then those beside the checkout. */
export function goldenFiles(family: keyof typeof PATTERNS): readonly [Golden, ...Golden[]] {
  const [first, ...others] = [COMMITTED, REFERENCE]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => PATTERNS[family].test(file))
        .map((file) => openGolden(folder, file)),
    );
  if (first === undefined) throw new Error(`${COMMITTED.pathname}: expected golden vectors of the family ${family}`);
  return [first, ...others];
}

function openGolden(folder: URL, file: string): Golden {
  const bytes = readFileSync(new URL(file, folder));
  const { tensors } = readSafetensors(bytes, file);
  return {
    name: file.replace('.safetensors', ''),
    bytes,
    names: Object.keys(tensors),
    tensor: (name) => {
      const value = tensors[name];
      if (value === undefined) throw new Error(`${file}: expected a tensor ${name}`);
      return value;
    },
  };
}
