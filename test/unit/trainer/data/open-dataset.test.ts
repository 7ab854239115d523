import assert from 'node:assert/strict';
import { DATASET_NAMES, openDataset } from '../../../../trainer/data/open-dataset.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

describe('openDataset', () => {
  const directory = temporaryDirectory();

  it('opens every data set that is read lazily without looking at its files', async () => {
    for (const name of DATASET_NAMES.filter((each) => each !== 'folder' && each !== 'idx')) {
      const dataset = await openDataset(name, directory());
      assert.equal(dataset.name, name);
      assert.equal(dataset.labelNames.length, 10);
    }
  });

  it('names the data sets that there are where there is none of a name', async () => {
    await assert.rejects(openDataset('imagenet', directory()), {
      kind: 'invalid-input',
      message: 'data set: expected digits, mnist, fashion-mnist, cifar10, idx, folder, got imagenet',
    });
  });
});
