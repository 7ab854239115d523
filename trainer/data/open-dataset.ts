import { invalidInput } from '../../core/errors.js';
import { cifar10 } from './cifar10.js';
import type { Dataset } from './dataset.js';
import { digits } from './digits/digits.js';
import { idxSet } from './idx-set.js';
import { imageFolder } from './image-folder.js';
import { fashionMnist, mnist } from './mnist.js';

export const DATASET_NAMES = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'idx', 'folder'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

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
 * @throws invalid-input if there is no data set of that name; for `idx` and `folder` also if its files are not as they should be
 */
export async function openDataset(name: string, directory: string): Promise<Dataset> {
  const known = DATASET_NAMES.find((each) => each === name);
  if (known === undefined) throw invalidInput('data set', DATASET_NAMES.join(', '), name);
  return OPEN[known](directory);
}
