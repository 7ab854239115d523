import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Examples } from '../../../../trainer/data/dataset.js';
import { writeIdx } from '../../../../trainer/data/idx.js';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { idxBytes } from '../../../support/idx-bytes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const PIXELS = 28 * 28;
const pixels = Uint8Array.from({ length: 3 * PIXELS }, (_, i) => i % 251);
const images = idxBytes(2051, [3, 28, 28], pixels);
const labels = idxBytes(2049, [3], Uint8Array.of(7, 0, 9));

describe('MNIST and Fashion-MNIST from IDX files', () => {
  const directory = temporaryDirectory();
  const put = (name: string, bytes: Uint8Array) => writeFile(join(directory(), name), bytes);
  const read = async (): Promise<Examples> => (await openDataset('mnist', directory())).read('train');
  const refused = (file: string, message: RegExp) =>
    assert.rejects(read, (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'invalid-input');
      assert.ok(error.message.startsWith(join(directory(), file)), error.message);
      assert.match(error.message, message);
      return true;
    });

  it('reads them as they are', async () => {
    await put('train-images-idx3-ubyte', images);
    await put('train-labels-idx1-ubyte', labels);
    const examples = await read();
    assert.equal(examples.count, 3);
    assert.deepEqual(examples.images, pixels);
    assert.deepEqual(examples.labels, Uint8Array.of(7, 0, 9));
  });

  it('reads them packed, and takes an unpacked file before a packed one', async () => {
    await put('train-images-idx3-ubyte.gz', gzipSync(images));
    await put('train-labels-idx1-ubyte', labels);
    await put('train-labels-idx1-ubyte.gz', Buffer.from('not looked at'));
    assert.deepEqual((await read()).images, pixels);
  });

  it('writes what it would read', () => {
    const written = writeIdx({ count: 3, images: pixels, labels: Uint8Array.of(7, 0, 9) }, 28);
    assert.deepEqual(Buffer.from(written.images), images);
    assert.deepEqual(Buffer.from(written.labels), labels);
  });

  it('names the file that is missing', async () => {
    const fashion = await openDataset('fashion-mnist', directory());
    assert.deepEqual(fashion.labelNames.slice(0, 2), ['T-shirt/top', 'Trouser']);
    await assert.rejects(fashion.read('train'), {
      kind: 'not-found',
      message: `${directory()}: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, got neither; "maxmargin data fetch fashion-mnist" downloads them`,
    });
    await assert.rejects(fashion.read('test'), { kind: 'not-found', message: /expected t10k-images-idx3-ubyte/ });
  });

  const change = (bytes: Buffer, at: number, value: number): Buffer => {
    const changed = Buffer.from(bytes);
    changed.writeUInt32BE(value, at);
    return changed;
  };
  const wrongImages: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ['an empty file', Buffer.alloc(0), /expected a header of 16 bytes, got 0 bytes/],
    ['half a header', images.subarray(0, 9), /expected a header of 16 bytes, got 9 bytes/],
    ['a wrong magic number', change(images, 0, 2049), /expected the magic number 2051 or 2052, got 2049/],
    ['another size of images', change(images, 8, 32), /expected images of 28 × 28, got 32 × 28/],
    ['no images', change(images, 4, 0), /expected 1 to 1000000 examples, got 0/],
    ['four billion images', change(images, 4, 0xffffffff), /expected 1 to 1000000 examples, got 4294967295/],
    ['too few bytes', images.subarray(0, images.length - 1), /expected 2368 bytes, as its header says, got 2367/],
    ['a false count', change(images, 4, 900_000), /expected 705600016 bytes, as its header says, got 2368/],
    ['too many bytes', Buffer.concat([images, Buffer.alloc(1)]), /expected at most 2368 bytes, got more/],
  ];
  for (const [what, bytes, message] of wrongImages) {
    it(`refuses images with ${what}, packed or not`, async () => {
      await put('train-labels-idx1-ubyte', labels);
      await put('train-images-idx3-ubyte.gz', gzipSync(bytes));
      await refused('train-images-idx3-ubyte.gz', message);
      await put('train-images-idx3-ubyte', bytes);
      await refused('train-images-idx3-ubyte', message);
    });
  }

  const wrongLabels: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ['of another count', idxBytes(2049, [2], Uint8Array.of(1, 2)), /expected 3 labels, one per image, got 2/],
    ['out of range', idxBytes(2049, [3], Uint8Array.of(1, 10, 2)), /expected labels from 0 to 9, got 10 at example 1/],
    ['with the magic number of images', change(labels, 0, 2051), /expected the magic number 2049, got 2051/],
    ['cut short', labels.subarray(0, 10), /expected 11 bytes, as its header says, got 10/],
  ];
  for (const [what, bytes, message] of wrongLabels) {
    it(`refuses labels ${what}`, async () => {
      await put('train-images-idx3-ubyte', images);
      await put('train-labels-idx1-ubyte', bytes);
      await refused('train-labels-idx1-ubyte', message);
    });
  }

  it('refuses an archive that is cut, damaged or none', async () => {
    const packed = gzipSync(images);
    const damaged = Buffer.from(packed);
    damaged.writeUInt32LE(1, packed.length - 8);
    for (const bytes of [packed.subarray(0, packed.length - 20), damaged, images]) {
      await put('train-images-idx3-ubyte.gz', bytes);
      await refused('train-images-idx3-ubyte.gz', /expected a whole gzip file/);
    }
  });

  it('refuses an archive that holds far more than its header says', async () => {
    await put('train-images-idx3-ubyte.gz', gzipSync(Buffer.concat([images, Buffer.alloc(32 * 1024 * 1024)])));
    await refused('train-images-idx3-ubyte.gz', /expected at most 2368 bytes, got more/);
  });

  it('refuses a directory in the place of a file', async () => {
    await mkdir(join(directory(), 'train-images-idx3-ubyte'));
    await refused('train-images-idx3-ubyte', /expected a file, got something else/);
  });
});
