import { avgPool, maxPool, mean, reshape, type Tensor4D } from '@tensorflow/tfjs-core';
import { oneInput } from '../keras-layer.js';
import type { KerasOptions } from '../keras-options.js';
import { channelsLast, imageOf, readPadding, windowsOver } from '../windows.js';

function readPooling(options: KerasOptions) {
  const size = options.pair('pool_size', [2, 2]);
  return {
    pool_size: size,
    strides: options.pair('strides', size),
    padding: readPadding(options),
    data_format: channelsLast(options),
  };
}

const pooling = (pool: typeof maxPool) =>
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
export const averagePooling2dLayer = pooling(avgPool);

export const globalAveragePooling2dLayer = global((values) => mean(values, [1, 2]));

/** As a pooling of one window: where several values are the largest, the gradient goes to one of them, not to each. */
export const globalMaxPooling2dLayer = global((values) => {
  const [n, height, width, channels] = values.shape;
  return reshape(maxPool(values, [height, width], [height, width], 'valid'), [n, channels]);
});
