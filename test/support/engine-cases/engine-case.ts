import { grads, square, sum, tensor } from '@tensorflow/tfjs-core';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import type { TensorTree } from '../../../core/engine/engine.js';
import type { Random } from '../../../core/random.js';
import { sizeOf } from '../../../core/shape.js';

/** A pure function of tensors, and arguments for it. */
export interface DrawnCase {
  readonly run: (...inputs: readonly Tensor[]) => TensorTree;
  readonly inputs: readonly Tensor[];
}

/** A family of functions of which each engine that compiles must compute the same as an eager one. */
export interface EngineCase {
  readonly name: string;
  /** Draws shapes, attributes and values. The caller disposes the inputs. */
  readonly draw: (random: Random) => DrawnCase;
}

export const between = (random: Random, low: number, high: number): number => low + random.below(high - low + 1);
export const chance = (random: Random): boolean => random.below(2) === 0;
export const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)] as T;
export const drawShape = (random: Random, rank: number): number[] =>
  Array.from({ length: rank }, () => between(random, 1, 5));

export type Draw = (random: Random) => number;
/** Numbers of both signs, some of them 0 and equal to others. */
export const anyNumber: Draw = (random) => (random.below(8) === 0 ? random.below(3) - 1 : 2 * random.normal());
export const positive: Draw = (random) => 0.1 + 3 * random.uniform();
export const integer: Draw = (random) => random.below(9) - 4;
export const flag: Draw = (random) => random.below(2);

export function tensorOf<R extends Rank = Rank>(
  random: Random,
  shape: readonly number[],
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): Tensor<R> {
  const size = sizeOf(shape);
  return tensor(
    Array.from({ length: size }, () => draw(random)),
    shape as never,
    dtype,
  );
}

type Run = (...inputs: readonly Tensor[]) => TensorTree;
/** A case that takes the first of its inputs as given. */
export const of = (run: (...inputs: readonly never[]) => TensorTree, ...inputs: readonly Tensor[]): DrawnCase => ({
  run: run as unknown as Run,
  inputs,
});

/** Gradients of the sum of squares of a function's result. */
export const gradients =
  (run: (...inputs: Tensor[]) => Tensor) =>
  (...inputs: Tensor[]) =>
    grads((...at: Tensor[]) => sum(square(run(...at))))(inputs);
