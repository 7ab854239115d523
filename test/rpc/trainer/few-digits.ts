import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Examples } from '../../../trainer/data/dataset.js';
import { makeDigits } from '../../../trainer/data/digits/digits.js';

/** Some digits as IDX files, which a job reads in no time where all of them would take most of its second. */
export async function writeFewDigits(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [prefix, examples] of [
    ['train', makeDigits(120, 1)],
    ['t10k', makeDigits(40, 2)],
  ] as const) {
    await writeFile(join(directory, `${prefix}-images-idx3-ubyte`), imageFile(examples));
    await writeFile(join(directory, `${prefix}-labels-idx1-ubyte`), labelFile(examples));
  }
}

export function imageFile({ count, images }: Examples): Buffer {
  return Buffer.concat([header(0x803, count, 28, 28), images]);
}

export function labelFile({ count, labels }: Examples): Buffer {
  return Buffer.concat([header(0x801, count), labels]);
}

function header(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, i) => bytes.writeUInt32BE(word, 4 * i));
  return bytes;
}
