import {
  abs,
  add,
  all,
  any,
  argMax,
  argMin,
  avgPool,
  broadcastTo,
  cast,
  ceil,
  clipByValue,
  concat,
  conv2d,
  cos,
  div,
  elu,
  equal,
  erf,
  exp,
  floor,
  gather,
  grads,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logSumExp,
  matMul,
  max,
  maximum,
  maxPool,
  mean,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  pad,
  pow,
  reciprocal,
  relu,
  relu6,
  reshape,
  reverse,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  slice,
  softplus,
  sqrt,
  square,
  step,
  sub,
  sum,
  tan,
  tanh,
  tensor,
  tile,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorTree } from '../../core/engine/engine.js';
import type { Random } from '../../core/random.js';

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

const between = (random: Random, low: number, high: number): number => low + random.below(high - low + 1);
const chance = (random: Random): boolean => random.below(2) === 0;
const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)] as T;
const drawShape = (random: Random, rank: number): number[] => Array.from({ length: rank }, () => between(random, 1, 5));

type Draw = (random: Random) => number;
/** Numbers of both signs, some of them 0 and equal to others. */
const anyNumber: Draw = (random) => (random.below(8) === 0 ? random.below(3) - 1 : 2 * random.normal());
const positive: Draw = (random) => 0.1 + 3 * random.uniform();
const integer: Draw = (random) => random.below(9) - 4;
const flag: Draw = (random) => random.below(2);

function tensorOf<R extends Rank = Rank>(
  random: Random,
  shape: readonly number[],
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): Tensor<R> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Array.from({ length: size }, () => draw(random)),
    shape as never,
    dtype,
  );
}

type Run = (...inputs: readonly Tensor[]) => TensorTree;
/** A case that takes the first of its inputs as given. */
const of = (run: (...inputs: readonly never[]) => TensorTree, ...inputs: readonly Tensor[]): DrawnCase => ({
  run: run as unknown as Run,
  inputs,
});

const unary = (name: string, run: (x: Tensor) => Tensor, draw: Draw = anyNumber): EngineCase => ({
  name,
  draw: (random) => of(run, tensorOf(random, drawShape(random, random.below(5)), draw)),
});

/** Two shapes that broadcast to each other, of any ranks. */
function broadcastingShapes(random: Random): readonly [number[], number[]] {
  const shape = drawShape(random, between(random, 1, 5));
  const part = () => shape.slice(random.below(shape.length + 1)).map((extent) => (random.below(3) === 0 ? 1 : extent));
  return chance(random) ? [shape, part()] : [part(), shape];
}

const binary = (
  name: string,
  run: (a: Tensor, b: Tensor) => Tensor,
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): EngineCase => ({
  name: `${name} of ${dtype}`,
  draw: (random) => {
    const [a, b] = broadcastingShapes(random);
    return of(run, tensorOf(random, a, draw, dtype), tensorOf(random, b, draw, dtype));
  },
});

const ELEMENTWISE: readonly EngineCase[] = [
  unary('abs', abs),
  unary('ceil', ceil),
  unary('cos', cos),
  unary('elu', elu),
  unary('erf', erf),
  unary('exp', exp),
  unary('floor', floor),
  unary('log', log, positive),
  unary('neg', neg),
  unary('reciprocal', reciprocal, positive),
  unary('relu', relu),
  unary('relu6', (x) => relu6(mul(x, 4))),
  unary('round, halves to even', (x) => round(div(round(mul(x, 2)), 2))),
  unary('rsqrt', rsqrt, positive),
  unary('sigmoid', sigmoid),
  unary('sign', sign),
  unary('sin', sin),
  unary('softplus', softplus),
  unary('sqrt', sqrt, positive),
  unary('square', square),
  unary('step', (x) => step(x)),
  unary('leaky step', (x) => step(x, 0.25)),
  unary('tan', tan),
  unary('tanh', tanh),
  unary('clip', (x) => clipByValue(x, -0.5, 1)),
  unary('numbers as integers', (x) => cast(x, 'int32')),
  unary('numbers as truth', (x) => cast(x, 'bool')),
  unary('truth as numbers', (x) => [cast(greater(x, 0), 'float32'), cast(greater(x, 0), 'int32')] as never),
  unary('not', (x) => logicalNot(greater(x, 0))),
  binary('add', add),
  binary('sub', sub),
  binary('mul', mul),
  binary('div', div, positive),
  binary('maximum', maximum),
  binary('minimum', minimum),
  binary('pow', pow, positive),
  binary('add', add, integer, 'int32'),
  binary('mul', mul, integer, 'int32'),
  binary('maximum', maximum, integer, 'int32'),
  binary('minimum', minimum, integer, 'int32'),
  ...Object.entries({ equal, notEqual, greater, greaterEqual, less, lessEqual }).flatMap(([name, run]) => [
    binary(name, run),
    binary(name, run, integer, 'int32'),
  ]),
  binary('and', logicalAnd, flag, 'bool'),
  binary('or', logicalOr, flag, 'bool'),
  {
    name: 'where',
    draw: (random) => {
      const shape = drawShape(random, between(random, 1, 4));
      const [condition, a, b] = [
        tensorOf(random, shape, flag, 'bool'),
        tensorOf(random, shape),
        tensorOf(random, shape),
      ];
      return of((c: Tensor, x: Tensor, y: Tensor) => [where(c, x, y), where(c, c, logicalNot(c))], condition, a, b);
    },
  },
];

/** Distinct axes in any order. */
const drawAxes = (random: Random, rank: number): number[] =>
  Array.from(random.permutation(rank)).slice(0, between(random, 1, rank));

const reduction = (
  name: string,
  run: (x: Tensor, axes: number[], keepDims: boolean) => Tensor,
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): EngineCase => ({
  name: `${name} of ${dtype}`,
  draw: (random) => {
    const shape = drawShape(random, between(random, 1, 4));
    const [axes, keepDims] = [drawAxes(random, shape.length), chance(random)];
    return of((x: Tensor) => run(x, axes, keepDims), tensorOf(random, shape, draw, dtype));
  },
});

const REDUCTIONS: readonly EngineCase[] = [
  reduction('sum', sum),
  reduction('sum', sum, integer, 'int32'),
  reduction('mean', mean),
  reduction('max', max),
  reduction('min', min),
  reduction('max', max, integer, 'int32'),
  reduction('all', all, flag, 'bool'),
  reduction('any', any, flag, 'bool'),
  reduction('logSumExp', logSumExp),
  reduction('argMax, the first of equals', (x, [axis = 0]) => argMax(round(x), axis)),
  reduction('argMin, the first of equals', (x, [axis = 0]) => argMin(round(x), axis)),
];

const arrangement = (name: string, make: (random: Random, shape: number[]) => (x: Tensor) => Tensor): EngineCase => ({
  name,
  draw: (random) => {
    const shape = drawShape(random, between(random, 1, 4));
    return of(make(random, shape), tensorOf(random, shape));
  },
});

const ARRANGEMENT: readonly EngineCase[] = [
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
];

const PRODUCTS: readonly EngineCase[] = [
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): EngineCase => ({
      name: `product of ${transposeA ? 'Aᵀ' : 'A'} and ${transposeB ? 'Bᵀ' : 'B'}, and its gradients`,
      draw: (random) => {
        const [rows = 1, inner = 1, columns = 1] = drawShape(random, 3);
        const batch = chance(random) ? [] : drawShape(random, 1);
        const a = tensorOf(random, [...batch, ...(transposeA ? [inner, rows] : [rows, inner])]);
        const b = tensorOf(random, [...batch, ...(transposeB ? [columns, inner] : [inner, columns])]);
        const product = (x: Tensor, y: Tensor) => matMul(x, y, transposeA, transposeB);
        return of((x: Tensor, y: Tensor) => [product(x, y), ...gradients(product)(x, y)], a, b);
      },
    })),
  ),
  {
    name: 'product with a bias',
    draw: (random) => {
      const [rows = 1, inner = 1, columns = 1] = drawShape(random, 3);
      const inputs = [[rows, inner], [inner, columns], [columns]].map((shape) => tensorOf(random, shape));
      return of((x: Tensor, w: Tensor, b: Tensor) => add(matMul(x, w), b), ...inputs);
    },
  },
];

/** Gradients of the sum of squares of a function's result. */
const gradients =
  (run: (...inputs: Tensor[]) => Tensor) =>
  (...inputs: Tensor[]) =>
    grads((...at: Tensor[]) => sum(square(run(...at))))(inputs);

interface Window {
  readonly images: [number, number, number, number];
  readonly size: [number, number];
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same' | number;
}

function drawWindow(random: Random): Window {
  const size: [number, number] = [between(random, 1, 4), between(random, 1, 4)];
  const extent = () => between(random, 4, 9);
  return {
    images: [between(random, 1, 3), extent(), extent(), oneOf(random, [1, 3, 5, 16, 17])],
    size,
    strides: [between(random, 1, 3), between(random, 1, 3)],
    // TensorFlow.js takes the width of a filter for its height where the padding is a number.
    padding: oneOf(random, size[0] === size[1] ? ['valid', 'same', size[0] - 1] : ['valid', 'same']),
  };
}

const CONVOLUTIONS: readonly EngineCase[] = [
  {
    name: 'convolution with strides, and its gradients',
    draw: (random) => {
      const { images, size, strides, padding } = drawWindow(random);
      const inputs = [tensorOf(random, images), tensorOf(random, [...size, images[3], oneOf(random, [1, 4, 16])])];
      const run = (x: Tensor, w: Tensor) => conv2d(x as Tensor4D, w as Tensor4D, strides, padding);
      return of((x: Tensor, w: Tensor) => [run(x, w), ...gradients(run as never)(x, w)], ...inputs);
    },
  },
  {
    name: 'convolution with dilations',
    draw: (random) => {
      const { images, size } = drawWindow(random);
      const dilations: [number, number] = [between(random, 1, 2), between(random, 1, 2)];
      const inputs = [tensorOf(random, images), tensorOf(random, [...size, images[3], 4])];
      return of(
        (x: Tensor, w: Tensor) => conv2d(x as Tensor4D, w as Tensor4D, 1, 'same', 'NHWC', dilations),
        ...inputs,
      );
    },
  },
  {
    name: 'convolution with a bias',
    draw: (random) => {
      const inputs = [[2, 6, 7, 3], [3, 3, 3, 5], [5]].map((shape) => tensorOf(random, shape));
      return of((x: Tensor, w: Tensor, b: Tensor) => add(conv2d(x as Tensor4D, w as Tensor4D, 1, 1), b), ...inputs);
    },
  },
];

const pooling = (name: string, pool: typeof maxPool, paddings: readonly ('valid' | 'same')[]): EngineCase => ({
  name: `${name}, and its gradient`,
  draw: (random) => {
    const { images, size, strides } = drawWindow(random);
    const padding = oneOf(random, paddings);
    const run = (x: Tensor) => pool(x as Tensor4D, size, strides, padding);
    // Few different values, so that many windows have several maxima.
    return of((x: Tensor) => [run(x), ...gradients(run)(x)], tensorOf(random, images, integer));
  },
});

const POOLING: readonly EngineCase[] = [
  pooling('maximum of windows', maxPool, ['valid', 'same']),
  // Where a window is partly outside, TensorFlow.js' own gradient divides by what is outside too, other than its forward pass.
  pooling('mean of windows', avgPool, ['valid']),
  {
    name: 'mean of windows that are partly outside',
    draw: (random) => {
      const { images, size, strides } = drawWindow(random);
      return of((x: Tensor) => avgPool(x as Tensor4D, size, strides, 'same'), tensorOf(random, images));
    },
  },
];

/** What engines fuse or lay out in another way than it is stated. */
const NETWORKS: readonly EngineCase[] = [
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
  ...(['weights', 'images'] as const).map((differentiated): EngineCase => ({
    name: `gradients in ${differentiated} through convolution, bias, pooling and relu`,
    draw: (random) => {
      const [channels, size, extent] = [oneOf(random, [1, 3]), oneOf(random, [2, 3]), between(random, 6, 9)];
      const kernel = oneOf(random, [3, 5]);
      const shapes = [[2, extent, extent + 1, channels], [kernel, kernel, channels, 4], [4], [3, 3, 4, 6], [6]];
      const run = (...given: Tensor[]) => {
        const [x, w, b, v, c] = given as [Tensor4D, Tensor4D, Tensor, Tensor4D, Tensor];
        const first = relu(maxPool(add<Tensor4D>(conv2d(x, w, 1, (kernel - 1) / 2), b), size, size, 'valid'));
        return relu(maxPool(add<Tensor4D>(conv2d(first, v, 1, 1), c), 2, 2, 'valid'));
      };
      // Whole numbers, so that many windows have several maxima.
      const inputs = shapes.map((shape) => tensorOf(random, shape, integer));
      if (differentiated === 'weights')
        return of((...given: readonly Tensor[]) => [run(...given), ...gradients(run)(...given)], ...inputs);
      return of(
        (x: Tensor, ...weights: readonly Tensor[]) => gradients((at) => run(at as Tensor, ...weights))(x),
        ...inputs,
      );
    },
  })),
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

/** Functions that together use every kernel of the numerics. */
export const ENGINE_CASES: readonly EngineCase[] = [
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ARRANGEMENT,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLING,
  ...NETWORKS,
];
