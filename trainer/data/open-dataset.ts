import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DomainError, invalidInput, messageOf } from '../../core/errors.js';
import { oneOf } from '../../core/nearest-names.js';
import { isErrno } from '../../core/durable/errno.js';
import { cifar10 } from './cifar10.js';
import { DATASET_NAMES, type Dataset, type DatasetName } from './dataset.js';
import { digits } from './digits/digits.js';
import { FETCHABLE } from './fetch/sources.js';
import { idxSet } from './idx-set.js';
import { imageFolder } from './image-folder.js';
import { fashionMnist, mnist } from './mnist.js';

const OPEN: Readonly<Record<DatasetName, (directory: string) => Dataset | Promise<Dataset>>> = {
  digits,
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
  idx: idxSet,
  folder: imageFolder,
};

/**
 * Opens a data set.
 *
 * @param directory where its files are; `digits` needs none
 * @param field what an error calls the directory
 * @throws invalid-input if there is no data set of that name; for `idx` and `folder` also if its files are not as they should be;
 *   not-found if there is no such directory
 */
export async function openDataset(name: string, directory: string, field = 'data directory'): Promise<Dataset> {
  const known = DATASET_NAMES.find((each) => each === name);
  if (known === undefined) throw invalidInput('data set', oneOf(DATASET_NAMES, name), name);
  if (known !== 'digits') await assertDirectory(known, directory, field);
  const dataset = await OPEN[known](directory);
  return {
    ...dataset,
    read: (split) =>
      dataset.read(split).catch((error: unknown) => {
        if (!(error instanceof DomainError) || error.kind !== 'not-found') throw error;
        throw new DomainError('not-found', error.message + howToGet(known, directory));
      }),
  };
}

function howToGet(name: DatasetName, directory: string): string {
  if (!FETCHABLE.some((each) => each === name)) return '';
  const into = basename(directory) === name ? ` --data ${dirname(directory)}` : '';
  return `; "maxmargin data fetch ${name}${into}" downloads them`;
}

async function assertDirectory(name: DatasetName, directory: string, field: string): Promise<void> {
  let found = 'which is a file';
  try {
    if ((await stat(directory)).isDirectory()) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw invalidInput(field, 'a readable directory', messageOf(error));
    found = `which is not there${howToGet(name, directory)}`;
  }
  throw new DomainError(
    'not-found',
    `${field}: expected a directory with the files of ${name}, got ${directory}, ${found}`,
  );
}
