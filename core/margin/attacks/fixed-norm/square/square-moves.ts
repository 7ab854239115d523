import { add, cast, greaterEqual, less, mul, range, reshape, slice, sub } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../../engine/engine.js';
import type { Random } from '../../../../random.js';
import { perExample } from '../../../box.js';
import type { NormGeometry } from '../../../geometry.js';
import { unitVectors } from '../../../scaling.js';
import type { Bounds } from '../../../threat-model.js';
import type { AscentProblem } from '../../steps/gradient-free-ascent.js';

/** [h, w, c]. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** How Square perturbs in a norm. */
export interface SquareMoves {
  /** The least side of a square, where the image has room for it. */
  readonly smallestSide: number;
  /** Whether sides are odd, where the image has room for it: even ones are made one larger. */
  readonly oddSides: boolean;
  /** What the first perturbation is made of, [h, w, c]. */
  start(random: Random, shape: ImageShape): Float32Array;
  /** The first perturbation, inside ball and box, from what it is made of. */
  place(problem: AscentProblem, start: Tensor4D, bounds: Bounds): Tensor4D;
  /**
   * The random choices of some queries, every tensor [queries, n, …], each example's from its own source. The caller disposes them.
   *
   * @param sides of the square, one a query
   */
  draw(randoms: readonly Random[], sides: readonly number[], shape: ImageShape): TensorMap;
  /** What one query tries in place of δ, inside ball and box. `drawn` is that query's: every tensor [n, …]. */
  propose(problem: AscentProblem, perturbations: Tensor4D, drawn: TensorMap, bounds: Bounds): Tensor4D;
}

/** What is drawn, scaled to the length of the radius. */
export const scaledToRadius =
  (geometry: NormGeometry): SquareMoves['place'] =>
  ({ inputs, radii }, start, bounds) => {
    const scaled = mul(perExample(radii), unitVectors(start, geometry.lengths(start)));
    return geometry.project(inputs, scaled as Tensor4D, radii, bounds);
  };

/** 1 or −1. */
export const signFrom = (random: Random): number => (random.below(2) === 0 ? 1 : -1);

/** The first row or column of a window somewhere inside an image. */
export const placeFrom = (random: Random, side: number, extent: number): number => random.below(extent - side + 1);

/** 1 inside a window of each image and 0 outside, [n, h, w, 1]. @param windows its first row, first column and side, [n, 3] */
export function windowMask(windows: Tensor2D, [height, width]: ImageShape): Tensor4D {
  const column = (index: number): Tensor1D => reshape<Rank.R1>(slice(windows, [0, index], [-1, 1]), [-1]);
  const side = column(2);
  const along = (first: Tensor1D, extent: number): Tensor2D => {
    const places = reshape<Rank.R2>(range(0, extent, 1, 'float32'), [1, extent]);
    const from = reshape<Rank.R2>(first, [-1, 1]);
    const before = less(places, add(from, reshape(side, [-1, 1])));
    return mul(cast(greaterEqual(places, from), 'float32'), cast(before, 'float32'));
  };
  const rows = reshape<Rank.R4>(along(column(0), height), [-1, height, 1, 1]);
  return mul(rows, reshape<Rank.R4>(along(column(1), width), [-1, 1, width, 1]));
}

/** `inside` where the mask is 1, `outside` where it is 0. */
export const within = (mask: Tensor4D, inside: Tensor4D, outside: Tensor4D): Tensor4D =>
  add(mul(mask, inside), mul(sub(1, mask), outside));
