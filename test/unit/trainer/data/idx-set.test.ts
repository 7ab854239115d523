import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
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
