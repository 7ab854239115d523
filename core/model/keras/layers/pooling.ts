import { avgPool, maxPool, mean, mul, pad, reshape, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { oneInput } from '../keras-layer.js';
import type { KerasOptions } from '../keras-options.js';
import { channelsLast, imageOf, readPadding, windowsOver, type Padding } from '../windows.js';

function readPooling(options: KerasOptions) {
  const size = options.pair('pool_size', [2, 2]);
  return {
    pool_size: size,
    strides: options.pair('strides', size),
    padding: readPadding(options),
    data_format: channelsLast(options),
  };
}

type Pool = (values: Tensor4D, size: [number, number], strides: [number, number], padding: Padding) => Tensor4D;

const pooling = (pool: Pool) =>
  oneInput({
    read: readPooling,
    plan: ({ pool_size: size, strides, padding }, input, refuse) => {
      const image = imageOf(input, refuse);
      return { outputShape: [...windowsOver(image, { size, strides, padding }, refuse), image[2]], weights: {} };
    },
    apply: ({ pool_size: size, strides, padding }, values) =>
      pool(values as Tensor4D, [...size], [...strides], padding),
  });

const global = (pool: (values: Tensor4D) => ReturnType<typeof mean>) =>
  oneInput({
    read: (options) => {
      options.only('keepdims', false);
      return { data_format: channelsLast(options) };
    },
    plan: (_, input, refuse) => ({ outputShape: [imageOf(input, refuse)[2]], weights: {} }),
    apply: (_, values) => pool(values as Tensor4D),
  });

export const maxPooling2dLayer = pooling(maxPool);

/** The mean of what of a window lies inside the image. */
export const averagePooling2dLayer = pooling((values, size, strides, padding) => {
  if (padding === 'valid') return avgPool(values, size, strides, 'valid');
  // TensorFlow.js' own gradient divides by the whole window where a part of it lies outside: border pixels would get too little. Here zeros are
  // added first, and the mean of the whole window is corrected by how much of it is the image's.
  const [, height, width] = values.shape;
  const [rows, columns] = [coverage(height, size[0], strides[0]), coverage(width, size[1], strides[1])];
  const padded: Tensor4D = pad(values, [[0, 0], rows.padding, columns.padding, [0, 0]]);
  const whole = avgPool(padded, size, strides, 'valid');
  const shares = mul(
    tensor4d(rows.factors, [1, rows.factors.length, 1, 1]),
    tensor4d(columns.factors, [1, 1, columns.factors.length, 1]),
  );
  return mul(whole, shares);
});

/** Along one axis of images that are padded to `same`: the zeros before and after, and for each window its size by what of it is the image's. */
function coverage(extent: number, size: number, stride: number) {
  const count = Math.ceil(extent / stride);
  const zeros = Math.max(0, (count - 1) * stride + size - extent);
  const before = Math.floor(zeros / 2);
  const factors = Array.from({ length: count }, (_, index) => {
    const begin = index * stride - before;
    return size / (Math.min(extent, begin + size) - Math.max(0, begin));
  });
  return { padding: [before, zeros - before] as [number, number], factors };
}

export const globalAveragePooling2dLayer = global((values) => mean(values, [1, 2]));

/** As a pooling of one window: where several values are the largest, the gradient goes to one of them, not to each. */
export const globalMaxPooling2dLayer = global((values) => {
  const [n, height, width, channels] = values.shape;
  return reshape(maxPool(values, [height, width], [height, width], 'valid'), [n, channels]);
});
