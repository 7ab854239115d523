import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { idxBytes } from '../../../support/idx-bytes.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const pixels = Uint8Array.from({ length: 3 * 5 * 7 }, (_, i) => (i * 37) % 256);
const images = idxBytes(2051, [3, 5, 7], pixels);

describe('IDX files of any size and number of classes', () => {
  const directory = temporaryDirectory();
  const put = (name: string, bytes: Uint8Array | string) => writeFile(join(directory(), name), bytes);

  it('have the size that their header says, and as many classes as the largest label of both splits', async () => {
    await put('train-images-idx3-ubyte', images);
    await put('train-labels-idx1-ubyte', idxBytes(2049, [3], Uint8Array.of(1, 0, 25)));
    await put('t10k-images-idx3-ubyte.gz', gzipSync(idxBytes(2051, [1, 5, 7], pixels.subarray(0, 35))));
    await put('t10k-labels-idx1-ubyte.gz', gzipSync(idxBytes(2049, [1], Uint8Array.of(46))));
    const dataset = await openDataset('idx', directory());
    assert.deepEqual(dataset.inputShape, [5, 7, 1]);
    assert.equal(dataset.labelNames.length, 47);
    assert.deepEqual(await dataset.read('train'), { count: 3, images: pixels, labels: Uint8Array.of(1, 0, 25) });
    assert.deepEqual((await dataset.read('test')).labels, Uint8Array.of(46));
  });

  it('may have several channels, as a fourth dimension', async () => {
    const values = Uint8Array.from({ length: 2 * 5 * 3 * 3 }, (_, i) => (i * 41) % 256);
    // Under both names, since the third dimension is part of the usual one.
    for (const name of ['train-images-idx3-ubyte', 'train-images-idx4-ubyte.gz']) {
      const file = idxBytes(2052, [2, 5, 3, 3], values);
      await put(name, name.endsWith('.gz') ? gzipSync(file) : file);
      await put('train-labels-idx1-ubyte', idxBytes(2049, [2], Uint8Array.of(0, 1)));
      const dataset = await openDataset('idx', directory());
      assert.deepEqual(dataset.inputShape, [5, 3, 3]);
      assert.deepEqual((await dataset.read('train')).images, values);
      await rm(join(directory(), name));
    }
    await put('train-images-idx3-ubyte', idxBytes(2052, [2, 5, 3, 99], values));
    await assert.rejects(openDataset('idx', directory()), {
      message: /images of 1 × 1 to 1024 × 1024, in 1 to 16 channels, got 5 × 3 × 99$/,
    });
    await put('train-images-idx3-ubyte', idxBytes(2052, [2, 5, 3, 3], values).subarray(0, 18));
    await assert.rejects(openDataset('idx', directory()), { message: /expected a header of 20 bytes, got 18 bytes/ });
  });

  it('are refused where they are cut off, hold one class alone, or labels without an image', async () => {
    const path = (name: string) => join(directory(), name);
    const packed = gzipSync(images);
    await put('train-labels-idx1-ubyte', idxBytes(2049, [3], Uint8Array.of(1, 0, 2)));
    for (const length of [0, 5, packed.length - 12]) {
      await put('train-images-idx3-ubyte.gz', packed.subarray(0, length));
      await assert.rejects(openDataset('idx', directory()), {
        message: `${path('train-images-idx3-ubyte.gz')}: expected a whole gzip file, got unexpected end of file`,
      });
    }
    await put('train-images-idx3-ubyte.gz', packed);
    await put('train-labels-idx1-ubyte', idxBytes(2049, [2], Uint8Array.of(1, 0)));
    await assert.rejects((await openDataset('idx', directory())).read('train'), {
      message: `${path('train-labels-idx1-ubyte')}: expected 3 labels, one per image, got 2`,
    });
    await put('train-labels-idx1-ubyte', idxBytes(2049, [3], new Uint8Array(3)));
    await assert.rejects(openDataset('idx', directory()), {
      message: `${path('labels.txt')}: class-name file missing, and the labels contain a single class; expected names of at least 2 classes, one a line`,
    });
    await put('labels.txt', 'no\nyes\n');
    assert.equal((await (await openDataset('idx', directory())).read('train')).count, 3);
  });

  it('have the classes that labels.txt names, which must be enough', async () => {
    await put('train-images-idx3-ubyte', images);
    await put('train-labels-idx1-ubyte', idxBytes(2049, [3], Uint8Array.of(1, 0, 2)));
    await put('labels.txt', 'o\nki\r\nsu\ntsu\n');
    assert.deepEqual((await openDataset('idx', directory())).labelNames, ['o', 'ki', 'su', 'tsu']);
    await put('labels.txt', 'o\nki\n');
    await assert.rejects(openDataset('idx', directory()), {
      kind: 'invalid-input',
      message: `${join(directory(), 'labels.txt')}: expected a name a line for at least 3 classes, got 2`,
    });
  });

  it('must all have one size', async () => {
    await put('train-images-idx3-ubyte', images);
    await put('train-labels-idx1-ubyte', idxBytes(2049, [3], Uint8Array.of(1, 0, 2)));
    await put('t10k-images-idx3-ubyte', idxBytes(2051, [1, 7, 5], pixels.subarray(0, 35)));
    await put('t10k-labels-idx1-ubyte', idxBytes(2049, [1], Uint8Array.of(1)));
    await assert.rejects((await openDataset('idx', directory())).read('test'), {
      kind: 'invalid-input',
      message: `${join(directory(), 't10k-images-idx3-ubyte')}: expected images of 5 × 7, got 7 × 5`,
    });
  });

  it('are missed by name', async () => {
    await assert.rejects(openDataset('idx', directory()), { kind: 'not-found', message: /train-labels-idx1-ubyte/ });
  });
});
