import { add, avgPool, conv2d, maxPool } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../core/random.js';
import { type EngineCase, between, integer, gradients, of, oneOf, tensorOf } from './engine-case.js';

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

export const CONVOLUTIONS: readonly EngineCase[] = [
  {
    name: 'convolution with strides, and its gradients',
    draw: (random) => {
      const { images, size, strides, padding } = drawWindow(random);
      const inputs = [tensorOf(random, images), tensorOf(random, [...size, images[3], oneOf(random, [1, 4, 16])])];
      const run = (x: Tensor, w: Tensor) => conv2d(x as Tensor4D, w as Tensor4D, strides, padding);
      return of((x: Tensor, w: Tensor) => [run(x, w), ...gradients(run)(x, w)], ...inputs);
    },
  },
  {
    name: 'convolution of many examples, and its gradients',
    draw: (random) => {
      const size: [number, number] = [between(random, 2, 4), between(random, 3, 5)];
      const strides: [number, number] = [between(random, 1, 2), between(random, 1, 2)];
      const padding = oneOf(random, ['valid', 'same'] as const);
      const channels = oneOf(random, [7, 8, 16]);
      const images = [between(random, 10, 33), between(random, 5, 7), between(random, 5, 7), channels];
      const inputs = [tensorOf(random, images), tensorOf(random, [...size, channels, oneOf(random, [16, 17, 32])])];
      const run = (x: Tensor, w: Tensor) => conv2d(x as Tensor4D, w as Tensor4D, strides, padding);
      return of((x: Tensor, w: Tensor) => [run(x, w), ...gradients(run)(x, w)], ...inputs);
    },
  },
  {
    name: 'convolution of single pixels, and its gradients',
    draw: (random) => {
      const channels = oneOf(random, [3, 16]);
      const images = [between(random, 1, 3), between(random, 4, 7), between(random, 4, 7), channels];
      const strides: [number, number] = [between(random, 1, 3), between(random, 1, 3)];
      const inputs = [tensorOf(random, images), tensorOf(random, [1, 1, channels, oneOf(random, [5, 16])])];
      const run = (x: Tensor, w: Tensor) => conv2d(x as Tensor4D, w as Tensor4D, strides, 'valid');
      return of((x: Tensor, w: Tensor) => [run(x, w), ...gradients(run)(x, w)], ...inputs);
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

export const POOLING: readonly EngineCase[] = [
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
