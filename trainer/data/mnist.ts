import { readDataFile } from './data-file.js';
import type { Dataset } from './dataset.js';
import { IDX_FILES, imagesLimit, LABELS_LIMIT, parseIdx } from './idx.js';

const SIDE = 28;
const SIZE = { height: SIDE, width: SIDE, channels: 1 };

const DIGIT_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const CLOTHING_NAMES = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/** MNIST, from its four IDX files in a directory, packed or not. */
export const mnist = (directory: string): Dataset => idxDataset('mnist', directory, DIGIT_NAMES);

/** Fashion-MNIST, from files of the same names and layout. */
export const fashionMnist = (directory: string): Dataset => idxDataset('fashion-mnist', directory, CLOTHING_NAMES);

function idxDataset(name: string, directory: string, labelNames: readonly string[]): Dataset {
  return {
    name,
    inputShape: [SIDE, SIDE, 1],
    labelNames,
    read: async (split) => {
      const { images: imagesFile, labels: labelsFile } = IDX_FILES[split];
      const images = await readDataFile(directory, imagesFile, imagesLimit(SIZE));
      const labels = await readDataFile(directory, labelsFile, LABELS_LIMIT);
      return parseIdx(images, labels, SIZE, labelNames.length);
    },
  };
}
