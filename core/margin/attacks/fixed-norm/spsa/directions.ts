import { tensor5d, type Tensor4D, type Tensor5D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../../random.js';

/** Signs that one random word holds. */
const WORD = 32;

/** Gives directions of every value 1 or −1 with the same probability, one after the other. */
export interface SignDirections {
  /** The next direction of an input, into `values` from `start` on. */
  write(values: Float32Array, start: number): void;
}

/**
 * Random directions of signs that are orthogonal to each other, in turns of as many as there are values: rows of a Hadamard matrix (Sylvester's),
 * in random order, all with the signs of the same columns turned at random. A whole turn measures a gradient exactly, where as many independent ones
 * would leave noise as large as the gradient.
 */
export function createSignDirections(random: Random, size: number): SignDirections {
  const rows = 2 ** Math.ceil(Math.log2(size));
  const turned = new Uint8Array(size);
  let order = new Uint32Array();
  let next = 0;
  const begin = (): void => {
    order = Uint32Array.from(random.permutation(rows));
    next = 0;
    let word = 0;
    for (let i = 0; i < size; i++) {
      if (i % WORD === 0) word = random.uint32();
      turned[i] = word & 1;
      word >>>= 1;
    }
  };
  return {
    write: (values, start) => {
      if (next === order.length) begin();
      const row = order[next++] ?? 0;
      for (let i = 0; i < size; i++) values[start + i] = (parity(row & i) ^ (turned[i] ?? 0)) === 0 ? 1 : -1;
    },
  };
}

/** Whether the number of bits that are 1 is odd. */
function parity(bits: number): number {
  let folded = bits ^ (bits >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return (0x6996 >>> (folded & 15)) & 1;
}

/** The next directions of each input, [count, n, h, w, c]. The caller disposes them. */
export function nextDirections({ shape, size }: Tensor4D, sources: readonly SignDirections[], count: number): Tensor5D {
  const values = new Float32Array(count * size);
  const own = size / shape[0];
  for (let direction = 0; direction < count; direction++) {
    for (const [index, source] of sources.entries()) source.write(values, direction * size + index * own);
  }
  return tensor5d(values, [count, ...shape]);
}
