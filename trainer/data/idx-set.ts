import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../core/durable/errno.js';
import { DomainError, invalidInput } from '../../core/errors.js';
import { readDataFile, type DataFile } from './data-file.js';
import { SPLITS, type Dataset, type Split } from './dataset.js';
import { IDX_FILES, imageSizeOf, imagesLimit, LABELS_LIMIT, parseIdx, parseLabels, type IdxImageSize } from './idx.js';

/** Names of classes, one a line, beside the files of a set. */
const NAMES_FILE = 'labels.txt';

/**
 * Images of any one size in IDX files that are called like MNIST's, packed or not: KMNIST, EMNIST, or one's own. Those with several channels
 * have them as a fourth dimension, and their files may be called `…-images-idx4-ubyte`. There are as many classes as the largest label says, or as `labels.txt` names, one a line.
 *
 * @throws not-found if neither split is there; invalid-input naming the file, what was expected and what came
 */
export async function idxSet(directory: string): Promise<Dataset> {
  const labels = new Map<Split, DataFile>();
  for (const split of SPLITS) {
    const file = await unlessMissing(readDataFile(directory, IDX_FILES[split].labels, LABELS_LIMIT));
    if (file !== undefined) labels.set(split, file);
  }
  const [first] = labels.keys();
  if (first === undefined) {
    throw new DomainError(
      'not-found',
      `${directory}: expected ${IDX_FILES.train.labels} or ${IDX_FILES.test.labels}, each also as .gz, got none of them`,
    );
  }
  const images = await readImages(directory, first);
  const size = imageSizeOf(images);
  const largest = [...labels.values()].reduce(
    (most, file) => parseLabels(file).reduce((above, label) => Math.max(above, label), most),
    0,
  );
  const labelNames = await namesOf(join(directory, NAMES_FILE), largest);
  return {
    name: 'idx',
    inputShape: [size.height, size.width, size.channels],
    labelNames,
    read: async (split) =>
      parseIdx(
        await readImages(directory, split, size),
        labels.get(split) ?? (await readDataFile(directory, IDX_FILES[split].labels, LABELS_LIMIT)),
        size,
        labelNames.length,
      ),
  };
}

/** @param size the one that they must have */
async function readImages(directory: string, split: Split, size?: IdxImageSize): Promise<DataFile> {
  const { images } = IDX_FILES[split];
  const withChannels = await unlessMissing(readDataFile(directory, images.replace('idx3', 'idx4'), imagesLimit(size)));
  return withChannels ?? readDataFile(directory, images, imagesLimit(size));
}

async function namesOf(path: string, largestLabel: number): Promise<readonly string[]> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    if (largestLabel < 1)
      throw new DomainError(
        'invalid-input',
        `${path}: class-name file missing, and the labels contain a single class; expected names of at least 2 classes, one a line`,
      );
    return Array.from({ length: largestLabel + 1 }, (_, label) => String(label));
  }
  const names = text.split('\n').map((line) => line.trim());
  if (names.at(-1) === '') names.pop();
  if (names.length <= Math.max(largestLabel, 1) || names.includes(''))
    throw invalidInput(
      path,
      `a name a line for at least ${Math.max(largestLabel, 1) + 1} classes`,
      String(names.length),
    );
  return names;
}

async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
