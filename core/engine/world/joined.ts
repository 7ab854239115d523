import { concat, pad, reshape, slice, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { sumOver } from './all-reduce.js';
import type { World } from './world.js';

/** The sums of several tensors over the processes, in one exchange. The given tensors themselves where there is one process. */
export function sumsOver(world: World, tensors: readonly Tensor[]): readonly Tensor[] {
  if (world.size === 1 || tensors.length === 0) return tensors;
  const total = sumOver(world, concat(tensors.map((tensor) => reshape(tensor, [-1]))));
  let begin = 0;
  return tensors.map((tensor) => {
    const part = reshape(slice(total, [begin], [tensor.size]), tensor.shape);
    begin += tensor.size;
    return part;
  });
}

/**
 * A vector of this process in its place among zeros, so that the sum over the processes is all of their vectors, one after the other.
 *
 * @param own [n], of one length in all processes
 * @returns [n · size]
 */
export function placed(world: World, own: Tensor1D): Tensor1D {
  const [count] = own.shape;
  return world.size === 1 ? own : pad(own, [[world.rank * count, (world.size - 1 - world.rank) * count]]);
}
