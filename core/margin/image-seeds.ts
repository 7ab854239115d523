import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Bounds } from './threat-model.js';

/** As how many levels a value is hashed: all values of images of 8 and of 16 bits are levels of their own. */
const LEVELS = 65_535;

/**
 * What the random numbers of each image of a batch are drawn from: a request's seed and the image itself, so that an answer depends neither on the
 * image's place nor on its neighbours. Images that differ by rounding alone, k / 255 computed in another way, say, have the same seed.
 *
 * @param images [n, h, w, c], inside the bounds
 * @returns 64 bits an image
 */
export async function seedsOfImages(seed: bigint, images: Tensor4D, bounds: Bounds): Promise<readonly bigint[]> {
  const values = (await images.data()) as Float32Array;
  const size = values.length / images.shape[0];
  return Array.from({ length: images.shape[0] }, (_, index) =>
    seedOfImage(seed, values.subarray(index * size, (index + 1) * size), bounds),
  );
}

/** 64 bits of the seed and the image's levels, round(65535 (x − lower) / (upper − lower)). */
export function seedOfImage(seed: bigint, image: Float32Array, { lower, upper }: Bounds): bigint {
  const scale = LEVELS / (upper - lower);
  const [low, high] = [Number(BigInt.asUintN(32, seed)), Number(BigInt.asUintN(32, seed >> 32n))];
  let a = absorbed(absorbed(FIRST, low), high);
  let b = absorbed(absorbed(SECOND, low), high);
  for (const value of image) {
    const level = Math.round((value - lower) * scale);
    a = absorbed(a, level);
    b = absorbed(b, level);
  }
  return (BigInt(finished(a, image.length)) << 32n) | BigInt(finished(b, image.length));
}

/** Where two runs of the hash begin, so that they make 64 bits. */
const FIRST = 0x9747b28c;
const SECOND = 0x3c6ef372;

/** One round of MurmurHash3_x86_32 (Appleby 2011). */
function absorbed(state: number, word: number): number {
  const scrambled = Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotated(state ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

/** Its end. @returns an unsigned 32-bit integer */
function finished(state: number, words: number): number {
  let mixed = state ^ (4 * words);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
