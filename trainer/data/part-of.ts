import type { Examples } from './dataset.js';

/** The examples from `begin` up to `end`, which share their bytes with all of them. */
export function partOf({ count, images, labels }: Examples, begin: number, end: number): Examples {
  const size = images.length / count;
  return {
    count: end - begin,
    images: images.subarray(begin * size, end * size),
    labels: labels.subarray(begin, end),
  };
}
