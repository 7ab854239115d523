import {
  broadcastTo,
  concat,
  expandDims,
  fill,
  gather,
  oneHot,
  onesLike,
  pad,
  range,
  reshape,
  reverse,
  slice,
  split,
  stack,
  tensor,
  tile,
  transpose,
  unstack,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../../../core/random.js';
import { type EngineCase, between, chance, drawShape, integer, of, tensorOf } from './engine-case.js';
import { drawAxes } from './reductions.js';

const arrangement = (name: string, make: (random: Random, shape: number[]) => (x: Tensor) => Tensor): EngineCase => ({
  name,
  draw: (random) => {
    const shape = drawShape(random, between(random, 1, 4));
    return of(make(random, shape), tensorOf(random, shape));
  },
});

export const ARRANGEMENT: readonly EngineCase[] = [
  arrangement('reshape', (random, shape) => {
    const order = Array.from(random.permutation(shape.length), (axis) => shape[axis] as number);
    const shapeAfter = chance(random) ? order : [-1];
    return (x) => reshape(x, shapeAfter);
  }),
  arrangement('transpose', (random, shape) => {
    const permutation = Array.from(random.permutation(shape.length));
    return (x) => transpose(x, permutation);
  }),
  arrangement('broadcastTo', (random, shape) => {
    const extents = drawShape(random, between(random, 0, 2));
    return (x) => broadcastTo(x, [...extents, ...shape]);
  }),
  arrangement('tile', (random, shape) => {
    const repeats = shape.map(() => between(random, 1, 3));
    return (x) => tile(x, repeats);
  }),
  arrangement('slice', (random, shape) => {
    const begin = shape.map((extent) => random.below(extent));
    const size = shape.map((extent, axis) => between(random, 1, extent - (begin[axis] as number)));
    return (x) => slice(x, begin, size);
  }),
  arrangement('pad', (random, shape) => {
    const padding = shape.map((): [number, number] => [random.below(3), random.below(3)]);
    const value = chance(random) ? 0 : 1.5;
    return (x) => pad(x, padding, value);
  }),
  arrangement('reverse', (random, shape) => {
    const axes = drawAxes(random, shape.length);
    return (x) => reverse(x, axes);
  }),
  arrangement('concat', (random, shape) => {
    const axis = random.below(shape.length);
    const begin = shape.map(() => 0);
    const size = shape.map((extent, own) => (own === axis ? 1 : extent));
    return (x) => concat([x, slice(x, begin, size), x], axis);
  }),
  arrangement('gather', (random, shape) => {
    const axis = random.below(shape.length);
    const indices = Array.from({ length: 3 }, () => random.below(shape[axis] as number));
    return (x) => gather(x, tensor(indices, [3], 'int32'), axis);
  }),
  {
    name: 'oneHot, with indices outside',
    draw: (random) => {
      const indices = tensorOf(random, drawShape(random, 1), integer, 'int32');
      return of((x: Tensor) => [oneHot(x, 4), oneHot(x, 3, 0.5, -1)], indices);
    },
  },
  arrangement('expandDims', (random, shape) => {
    const axis = between(random, -1, shape.length);
    return (x) => expandDims(x, axis);
  }),
  arrangement('split', (random, shape) => {
    const axis = random.below(shape.length);
    const extent = shape[axis] as number;
    const first = random.below(extent + 1);
    return (x) =>
      (first > 0 && first < extent ? split(x, [first, extent - first], axis) : split(x, extent, axis)) as never;
  }),
  arrangement('stack and unstack', (random, shape) => {
    const [across, along] = [random.below(shape.length + 1), random.below(shape.length)];
    return (x) => [stack([x, x], across), ...unstack(x, along)] as never;
  }),
  arrangement(
    'tensors of known values',
    (_, shape) => (x) =>
      [
        fill(shape, 2.5),
        fill(shape, 3, 'int32'),
        range(2, 9, 3),
        range(5, 0, -1, 'int32'),
        zerosLike(x),
        onesLike(x),
      ] as never,
  ),
];
