/** Up to here batches are rounded up to a power of two, from here on to a multiple of it. */
const STEP = 8;

/**
 * The batch size that a batch of a varying size is filled up to, so that what is compiled for each size is compiled for few: 1, 2, 4, 8, 16, 24, …
 *
 * @param count at least 1
 */
export function roundedBatchSize(count: number): number {
  return count >= STEP ? STEP * Math.ceil(count / STEP) : 2 ** Math.ceil(Math.log2(count));
}

/** Indices filled up to a rounded batch size by repeating the first. @param indices at least one */
export function filledUp(indices: readonly number[]): readonly number[] {
  const [first = 0] = indices;
  return Array.from({ length: roundedBatchSize(indices.length) }, (_, i) => indices[i] ?? first);
}
