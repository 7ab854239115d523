import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const PLANE = 32 * 32;

/** A record whose value at (channel, pixel) is known. */
const valueAt = (label: number, channel: number, pixel: number): number => (label + 83 * channel + pixel) % 256;

function record(label: number): Buffer {
  const planes = [0, 1, 2].flatMap((channel) =>
    Array.from({ length: PLANE }, (_, pixel) => valueAt(label, channel, pixel)),
  );
  return Buffer.from([label, ...planes]);
}

describe('CIFAR-10 from its binary files', () => {
  const directory = temporaryDirectory();
  const put = (name: string, bytes: Uint8Array) => writeFile(join(directory(), name), bytes);
  const read = async (split: 'train' | 'test') => (await openDataset('cifar10', directory())).read(split);

  it('joins the batches, packed or not, and turns planes into channels', async () => {
    for (const batch of [1, 2, 3, 4]) await put(`data_batch_${batch}.bin`, record(batch));
    await put('data_batch_5.bin.gz', gzipSync(Buffer.concat([record(5), record(9)])));
    const { count, images, labels } = await read('train');
    assert.equal(count, 6);
    assert.deepEqual(Array.from(labels), [1, 2, 3, 4, 5, 9]);
    assert.equal(images.length, 6 * PLANE * 3);
    for (const [i, label] of labels.entries()) {
      for (let pixel = 0; pixel < PLANE; pixel++) {
        const at = (i * PLANE + pixel) * 3;
        const expected = [0, 1, 2].map((channel) => valueAt(label, channel, pixel));
        if (expected.some((value, channel) => images[at + channel] !== value))
          assert.deepEqual(Array.from(images.subarray(at, at + 3)), expected, `example ${i}, pixel ${pixel}`);
      }
    }
  });

  it('names the batch that is missing', async () => {
    await put('data_batch_1.bin', record(1));
    await assert.rejects(read('train'), {
      kind: 'not-found',
      message: `${directory()}: expected data_batch_2.bin or data_batch_2.bin.gz, got neither; "maxmargin data fetch cifar10" downloads them`,
    });
  });

  const wrong: readonly (readonly [what: string, bytes: Uint8Array, message: string])[] = [
    ['an empty file', Buffer.alloc(0), 'expected a multiple of 3073 bytes, one record per image, got 0'],
    ['a cut record', record(1).subarray(1), 'expected a multiple of 3073 bytes, one record per image, got 3072'],
    ['a label of 10', Buffer.concat([record(1), record(10)]), 'expected labels from 0 to 9, got 10 at example 1'],
    ['more than 10,000 records', Buffer.alloc(10_001 * 3073), 'expected at most 30730000 bytes, got more'],
  ];
  for (const [what, bytes, message] of wrong) {
    it(`refuses ${what}`, async () => {
      await put('test_batch.bin', bytes);
      const path = join(directory(), 'test_batch.bin');
      await assert.rejects(read('test'), { kind: 'invalid-input', message: `${path}: ${message}` });
    });
  }
});
