import type { Examples } from '../trainer/data/dataset.js';
import { openDataset } from '../trainer/data/open-dataset.js';
import { partOf } from '../trainer/data/part-of.js';

/** The first test images of MNIST, as many as are asked for or there are. */
export async function firstTestImages(mnist: string, asked: number): Promise<Examples> {
  const all = await (await openDataset('mnist', mnist)).read('test');
  return partOf(all, 0, Math.min(asked, all.count));
}
