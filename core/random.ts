/** The state of a {@link Random}: four unsigned 32-bit words, not all zero. */
export type RandomState = readonly [number, number, number, number];

/** A seeded source of random numbers whose state can be saved and restored. */
export interface Random {
  /** The state; a generator made from it continues with the same numbers. */
  state(): RandomState;
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** A number in [0, 1) with 24 random bits, so that it is exact in float32. */
  uniform(): number;
  /** A standard normal number (Box and Muller; two uniforms a number, so that the state holds everything). */
  normal(): number;
  /** An integer in [0, bound), without modulo bias. */
  below(bound: number): number;
  /** `count` uniforms as float32, in [0, 1). */
  uniforms(count: number): Float32Array;
  /** A permutation of 0 … count − 1 (Fisher and Yates). */
  permutation(count: number): Uint32Array;
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** The state that a seed stands for: four outputs of SplitMix64 (Steele, Lea, Flood 2014), split into words. */
export function seedState(seed: bigint | number): RandomState {
  let z = BigInt.asUintN(64, BigInt(seed));
  const words: number[] = [];
  for (let i = 0; i < 2; i++) {
    z = BigInt.asUintN(64, z + 0x9e3779b97f4a7c15n);
    let x = z;
    x = BigInt.asUintN(64, (x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
    x = BigInt.asUintN(64, (x ^ (x >> 27n)) * 0x94d049bb133111ebn);
    x ^= x >> 31n;
    words.push(Number(x & 0xffffffffn), Number(x >> 32n));
  }
  return words as unknown as RandomState;
}

/** xoshiro128** (Blackman and Vigna, 2018): 2^128 − 1 numbers, the same on every platform. */
export function createRandom(from: bigint | number | RandomState): Random {
  let [a, b, c, d] = typeof from === 'object' ? from : seedState(from);

  const uint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11);
    return result;
  };
  const uniform = (): number => (uint32() >>> 8) / 0x1000000;
  const below = (bound: number): number => {
    const limit = 0x100000000 - (0x100000000 % bound);
    let x = uint32();
    while (x >= limit) x = uint32();
    return x % bound;
  };

  return {
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
    uint32,
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below,
    uniforms: (count) => Float32Array.from({ length: count }, uniform),
    permutation: (count) => {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = below(i + 1);
        [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      }
      return order;
    },
  };
}
