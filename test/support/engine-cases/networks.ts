import {
  add,
  argMax,
  avgPool,
  cast,
  concat,
  conv2d,
  greater,
  max,
  maximum,
  maxPool,
  mean,
  mul,
  pad,
  relu,
  reshape,
  reverse,
  slice,
  sub,
  sum,
  tensor,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  type EngineCase,
  anyNumber,
  between,
  chance,
  drawShape,
  gradients,
  integer,
  of,
  oneOf,
  tensorOf,
} from './engine-case.js';

/** What engines fuse or lay out in another way than it is stated. */
export const NETWORKS: readonly EngineCase[] = [
  {
    name: 'what is added to and taken from the channels of images between convolutions',
    draw: (random) => {
      const channels = oneOf(random, [2, 16]);
      const shapes = [
        [2, 5, 6, 3],
        [3, 3, 3, channels],
        [channels],
        [1, 1, 1, channels],
        [2, 1, 1, 1],
        [5, 6, channels],
        [6, channels],
        [3, 3, channels, 4],
      ];
      return of(
        (...given: readonly Tensor[]) => {
          const [x, w, a, b, c, d, e, v] = given as readonly [Tensor4D, Tensor4D, ...Tensor[]] as readonly Tensor4D[];
          const y = conv2d(x as Tensor4D, w as Tensor4D, 1, 'same');
          const z: Tensor4D = mul(
            add(mul(y, a as Tensor), b as Tensor),
            sub(c as Tensor, mul(d as Tensor, e as Tensor)),
          );
          const centred = sub(z, mean(z, [0, 1, 2], true));
          const images: Tensor4D = maximum(
            pad(
              centred,
              [
                [0, 0],
                [1, 0],
                [0, 0],
                [0, 0],
              ],
              -2,
            ),
            0.25,
          );
          const both = concat([images, reverse(images, 3)], 1);
          return [
            conv2d(both, v as Tensor4D, 2, 'same'),
            reshape(z, [z.shape[0], -1]),
            mean(z, [1, 2]),
            max(z, 1),
            sum(z, 3),
            argMax(z, 3),
            cast(greater(z, 0), 'int32'),
            transpose(z, [3, 0, 2, 1]),
            slice(z, [0, 1, 0, 0], [2, 3, 6, 2]),
            tile(z, [1, 2, 1, 1]),
          ];
        },
        ...shapes.map((shape) => tensorOf(random, shape)),
      );
    },
  },
  // Few channels, and so many that engines compute them in blocks of 8 or 16, of which the last may not be whole.
  ...(
    [
      ['weights', 'few', [1, 3], [5], [6]],
      ['images', 'few', [1, 3], [5], [6]],
      ['weights', 'many', [1, 16], [8, 16, 24], [16, 32]],
      ['images', 'many', [1, 3, 16], [8, 16, 24, 32], [16, 32]],
    ] as const
  ).map(([differentiated, many, ofImages, ofFirst, ofSecond]): EngineCase => ({
    name: `gradients in ${differentiated} through convolution, bias, pooling and relu of ${many} channels`,
    draw: (random) => {
      const [channels, size, extent] = [oneOf(random, ofImages), oneOf(random, [2, 3]), between(random, 6, 9)];
      const [kernel, hidden, last] = [oneOf(random, [3, 5]), oneOf(random, ofFirst), oneOf(random, ofSecond)];
      const shapes = [
        [2, extent, extent + 1, channels],
        [kernel, kernel, channels, hidden],
        [hidden],
        [3, 3, hidden, last],
        [last],
      ];
      const run = (...given: Tensor[]) => {
        const [x, w, b, v, c] = given as [Tensor4D, Tensor4D, Tensor, Tensor4D, Tensor];
        const first = relu(maxPool(add<Tensor4D>(conv2d(x, w, 1, (kernel - 1) / 2), b), size, size, 'valid'));
        return relu(maxPool(add<Tensor4D>(conv2d(first, v, 1, 1), c), 2, 2, 'valid'));
      };
      // Whole numbers, so that many windows have several maxima; but not of many channels, where convolutions by a transform round even those.
      const draw = many === 'few' ? integer : anyNumber;
      const inputs = shapes.map((shape) => tensorOf(random, shape, draw));
      if (differentiated === 'weights')
        return of((...given: readonly Tensor[]) => [run(...given), ...gradients(run)(...given)], ...inputs);
      // The filters of either layer first, since the first argument may be a constant.
      const [x, w, b, v, c] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const inImages = (...given: [Tensor, Tensor, Tensor, Tensor, Tensor]) => {
        const [images, ...weights] = given;
        return gradients((at) => run(at, ...weights))(images);
      };
      return chance(random)
        ? of(
            (w1: Tensor, x1: Tensor, b1: Tensor, v1: Tensor, c1: Tensor) => inImages(x1, w1, b1, v1, c1),
            w,
            x,
            b,
            v,
            c,
          )
        : of(
            (v1: Tensor, x1: Tensor, w1: Tensor, b1: Tensor, c1: Tensor) => inImages(x1, w1, b1, v1, c1),
            v,
            x,
            w,
            b,
            c,
          );
    },
  })),
  {
    name: 'pooled, strided and added images of many channels, and their gradients',
    draw: (random) => {
      const [channels, hidden] = [oneOf(random, [3, 12, 16]), oneOf(random, [16, 32])];
      const strides = between(random, 1, 2);
      const shapes = [
        [2, 6, 7, channels],
        [3, 3, channels, hidden],
        [1, 1, channels, hidden],
        [3, 3, hidden, 16],
        [hidden],
      ];
      const run = (...given: Tensor[]) => {
        const [x, w, shortcut, v, scale] = given as [Tensor4D, Tensor4D, Tensor4D, Tensor4D, Tensor];
        const sums = add<Tensor4D>(mul(conv2d(x, w, strides, 'same'), scale), conv2d(x, shortcut, strides, 'same'));
        const centred = sub<Tensor4D>(sums, mean(sums, [0, 1, 2]));
        return add(
          avgPool(conv2d(relu(centred), v, 1, 'same'), 2, 2, 'same'),
          maxPool(slice<Rank.R4, Tensor4D>(sums, [0, 0, 0, 0], [2, -1, -1, 16]), 2, 2, 'same'),
        );
      };
      return of(
        (...given: readonly Tensor[]) => run(...(given as Tensor[])),
        ...shapes.map((shape) => tensorOf(random, shape)),
      );
    },
  },
  {
    name: 'inputs as outputs, twice the same output, constants',
    draw: (random) =>
      of(
        (x: Tensor, y: Tensor) => {
          const z = add(x, y);
          return { x, first: z, second: z, nothing: sub(x, x), one: tensor([1, 2, 3]) };
        },
        tensorOf(random, [3]),
        tensorOf(random, [3]),
      ),
  },
  {
    name: 'batches of three axes',
    draw: (random) =>
      of((x: Tensor3D) => mean(mul(x, max(x, 2, true)), 0), tensorOf<Rank.R3>(random, drawShape(random, 3))),
  },
];
