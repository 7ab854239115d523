import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Split } from '../../../../trainer/data/dataset.js';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
import { referenceData } from '../../../support/reference-data.js';

/** What is published about the sets. */
const TRUTH: readonly {
  readonly name: string;
  readonly split: Split;
  readonly countByClass: readonly number[];
}[] = [
  {
    name: 'mnist',
    split: 'train',
    countByClass: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  },
  { name: 'mnist', split: 'test', countByClass: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
  { name: 'fashion-mnist', split: 'test', countByClass: Array.from({ length: 10 }, () => 1000) },
  { name: 'cifar10', split: 'train', countByClass: Array.from({ length: 10 }, () => 5000) },
  { name: 'cifar10', split: 'test', countByClass: Array.from({ length: 10 }, () => 1000) },
];

describe('the public data sets (skipped where ../shared/data is not there)', () => {
  for (const { name, split, countByClass } of TRUTH) {
    it(`reads every example of ${name}, ${split}`, async function () {
      const directory = referenceData(name);
      if (directory === undefined) this.skip();
      const dataset = await openDataset(name, directory);
      const { count, images, labels } = await dataset.read(split);
      const counts = countByClass.map((_, label) => labels.reduce((sum, each) => sum + (each === label ? 1 : 0), 0));
      assert.deepEqual(counts, countByClass);
      assert.equal(count, labels.length);
      const [height, width, channels] = dataset.inputShape;
      assert.equal(images.length, count * height * width * channels);
      if (name !== 'cifar10' || split !== 'train') return;
      const sums = [0, 0, 0];
      for (let i = 0; i < images.length; i += 3)
        for (let channel = 0; channel < 3; channel++) sums[channel] = sums[channel]! + images[i + channel]!;
      const means = sums.map((sum) => (sum / (images.length / 3)).toFixed(6));
      assert.deepEqual(means, ['125.306918', '122.950394', '113.865383']);
    });
  }

  it('keeps rows and columns of CIFAR-10 as they are', async function () {
    const directory = referenceData('cifar10');
    if (directory === undefined) this.skip();
    const { images, labels } = await (await openDataset('cifar10', directory)).read('test');
    // Back into the authors' layout: a label, then plane by plane.
    const hash = createHash('sha256');
    const record = new Uint8Array(3073);
    for (const [i, label] of labels.entries()) {
      record[0] = label;
      for (let at = 0; at < 3072; at++) record[1 + (at % 3) * 1024 + Math.floor(at / 3)] = images[i * 3072 + at]!;
      hash.update(record);
    }
    assert.equal(hash.digest('hex'), '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b');
  });
});
