import { invalidInput } from '../../core/errors.js';
import type { World } from '../../core/engine/world/world.js';

/** Values that belong to the rows of a batch, in order. */
interface Rows<Values> {
  readonly length: number;
  subarray(begin: number, end: number): Values;
}

/** This process's part of what a whole batch has, as many values as every other's; parts stand in the order of ranks. A view, not a copy. */
export function shardOf<Values extends Rows<Values>>(world: World, whole: Values): Values {
  const count = whole.length / world.size;
  return whole.subarray(world.rank * count, (world.rank + 1) * count);
}

/** @throws invalid-input unless a batch has equal parts for all processes */
export function checkShards(world: World, batchSize: number): void {
  if (batchSize % world.size !== 0)
    throw invalidInput('batch_size', `a multiple of the ${world.size} processes (WORLD_SIZE)`, String(batchSize));
}

/** Numbers added up over all processes. */
export function totals(world: World, ...own: readonly number[]): readonly number[] {
  const sums = Float64Array.from(own);
  world.total(sums);
  return [...sums];
}
