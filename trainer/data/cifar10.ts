import { invalidInput } from '../../core/errors.js';
import { concat, readDataFile } from './data-file.js';
import type { DataFile, ReadLimit } from './data-file.js';
import type { Dataset, Examples, Split } from './dataset.js';
import { checkLabels } from './idx.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const CHANNELS = 3;
/** A label, then the red, the green and the blue plane. */
const RECORD_BYTES = 1 + CHANNELS * PLANE;
/** That is what each file of the authors' holds. */
const MAX_RECORDS = 10_000;

const LIMIT: ReadLimit = { headerBytes: 0, maxBytes: () => MAX_RECORDS * RECORD_BYTES };

const FILES: Readonly<Record<Split, readonly string[]>> = {
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: ['test_batch.bin'],
};

const LABEL_NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** CIFAR-10, from the files of its binary version in a directory, packed or not. */
export function cifar10(directory: string): Dataset {
  return {
    name: 'cifar10',
    inputShape: [SIDE, SIDE, CHANNELS],
    labelNames: LABEL_NAMES,
    read: async (split) => {
      const batches: Examples[] = [];
      for (const name of FILES[split]) {
        batches.push(readBatch(await readDataFile(directory, name, LIMIT)));
      }
      return {
        count: batches.reduce((sum, { count }) => sum + count, 0),
        images: concat(batches.map(({ images }) => images)),
        labels: concat(batches.map(({ labels }) => labels)),
      };
    },
  };
}

/** The examples of one file: planes become channels. @throws invalid-input */
function readBatch({ path, bytes }: DataFile): Examples {
  if (bytes.length === 0 || bytes.length % RECORD_BYTES !== 0)
    throw invalidInput(path, `a multiple of ${RECORD_BYTES} bytes, one record per image`, `${bytes.length}`);
  const count = bytes.length / RECORD_BYTES;
  const images = new Uint8Array(count * PLANE * CHANNELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const record = bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
    labels[i] = record[0] ?? 0;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const plane = 1 + channel * PLANE;
      const start = i * PLANE * CHANNELS + channel;
      for (let pixel = 0; pixel < PLANE; pixel++) images[start + pixel * CHANNELS] = record[plane + pixel] ?? 0;
    }
  }
  checkLabels(path, labels, LABEL_NAMES.length);
  return { count, images, labels };
}
