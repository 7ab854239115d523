import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDigits } from '../../trainer/data/digits/digits.js';
import { writeIdx } from '../../trainer/data/idx.js';

/** Some digits as a directory of MNIST, which a job reads in no time; to draw all of them would take most of its second. */
export async function writeFewDigits(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [stem, examples] of [
    ['train', makeDigits(120, 1)],
    ['t10k', makeDigits(40, 2)],
  ] as const) {
    const { images, labels } = writeIdx(examples, 28);
    await writeFile(join(directory, `${stem}-images-idx3-ubyte`), images);
    await writeFile(join(directory, `${stem}-labels-idx1-ubyte`), labels);
  }
}
