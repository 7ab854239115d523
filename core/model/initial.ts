import type { Random } from '../random.js';

/** The first values of an array of `count` elements. */
export type Initial = (count: number, random: Random) => Float32Array;

/** Uniform in ±1/√fan_in: PyTorch's default for kernels and biases of convolutions and dense layers. */
export function uniformFanIn(fanIn: number): Initial {
  const bound = 1 / Math.sqrt(fanIn);
  return (count, random) => Float32Array.from({ length: count }, () => (2 * random.uniform() - 1) * bound);
}

/** Normal with variance 2 / fan_out (He et al. 2015, for the backward pass): Wide ResNet's convolutions. */
export function heFanOut(fanOut: number): Initial {
  const deviation = Math.sqrt(2 / fanOut);
  return (count, random) => Float32Array.from({ length: count }, () => random.normal() * deviation);
}

/** The same value everywhere. */
export function constant(value: number): Initial {
  return (count) => new Float32Array(count).fill(value);
}
