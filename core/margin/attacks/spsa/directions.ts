import { tensor5d, type Tensor4D, type Tensor5D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../random.js';

/** Signs that one random word holds. */
const WORD = 32;

/** Rademacher directions, every value 1 or −1 with the same probability: [count, n, h, w, c], each input's from its own source. The caller disposes them. */
export function signDirections({ shape, size }: Tensor4D, randoms: readonly Random[], count: number): Tensor5D {
  const values = new Float32Array(count * size);
  const own = size / shape[0];
  for (let direction = 0; direction < count; direction++) {
    for (const [index, random] of randoms.entries()) {
      const start = direction * size + index * own;
      let word = 0;
      for (let i = 0; i < own; i++) {
        if (i % WORD === 0) word = random.uint32();
        values[start + i] = (word & 1) === 0 ? 1 : -1;
        word >>>= 1;
      }
    }
  }
  return tensor5d(values, [count, ...shape]);
}
