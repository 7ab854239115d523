import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASET_NAMES } from '../../../../trainer/data/dataset.js';
import { openDataset } from '../../../../trainer/data/open-dataset.js';
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

  it('says which directory is missing, or is none, as its caller calls it', async () => {
    const absent = join(directory(), 'none');
    const file = join(directory(), 'file');
    await writeFile(file, '');
    for (const name of DATASET_NAMES.filter((each) => each !== 'digits')) {
      const fetched = ['mnist', 'fashion-mnist', 'cifar10'].includes(name);
      const how = fetched ? `; "maxmargin data fetch ${name}" downloads them` : '';
      for (const [path, found] of [
        [absent, `which is not there${how}`],
        [join(file, 'below'), `which is not there${how}`],
        [file, 'which is a file'],
      ] as const)
        await assert.rejects(openDataset(name, path, '--data'), {
          kind: 'not-found',
          message: `--data: expected a directory with the files of ${name}, got ${path}, ${found}`,
        });
    }
    assert.equal((await openDataset('digits', absent)).name, 'digits');
  });

  it('names the data sets that there are where there is none of a name', async () => {
    await assert.rejects(openDataset('imagenet', directory()), {
      kind: 'invalid-input',
      message: 'data set: expected one of digits, mnist, fashion-mnist, cifar10, idx, folder, got imagenet',
    });
  });
});
