import { mul, oneHot, range, reshape, type Tensor4D } from '@tensorflow/tfjs-core';
import { initialOf } from '../initializers.js';
import { oneInput, parameter } from '../keras-layer.js';
import { convolveKeras, imageOf, windowsOver, type Window } from '../windows.js';
import { biasSpec, finished, readConvolution, windowOf } from './conv2d.js';

/**
 * A convolution of each channel by filters of its own: kernel [h, w, channels, multiplier] → channels · multiplier.
 *
 * It is stated as a convolution of all channels whose kernel is zero between different ones, which every engine differentiates; it takes as many times
 * the multiplications as there are channels.
 */
export function convolveDepthwise(values: Tensor4D, kernel: Tensor4D, window: Omit<Window, 'size'>): Tensor4D {
  const [height, width, channels, multiplier] = kernel.shape;
  if (channels === 1) return convolveKeras(values, kernel, window);
  const own = reshape(oneHot(range(0, channels, 1, 'int32'), channels), [1, channels, channels, 1]);
  const spread = mul(reshape(kernel, [height * width, channels, 1, multiplier]), own);
  return convolveKeras(values, reshape(spread, [height, width, channels, channels * multiplier]), window);
}

export const depthwiseConv2dLayer = oneInput({
  read: (options) => ({
    ...readConvolution(options),
    depth_multiplier: options.integer('depth_multiplier', 1, 1),
    depthwise_initializer: options.initializer('depthwise_initializer', 'glorot_uniform'),
  }),
  plan: (config, input, refuse) => {
    const image = imageOf(input, refuse);
    const { kernel_size, depth_multiplier, depthwise_initializer } = config;
    const shape = [...kernel_size, image[2], depth_multiplier];
    const filters = image[2] * depth_multiplier;
    return {
      outputShape: [...windowsOver(image, windowOf(config), refuse), filters],
      weights: {
        depthwise_kernel: parameter(shape, initialOf(depthwise_initializer, shape)),
        ...biasSpec(config, [filters]),
      },
    };
  },
  apply: (config, values, context) => {
    const kernel = context.weight('depthwise_kernel') as Tensor4D;
    return finished(config, convolveDepthwise(values as Tensor4D, kernel, windowOf(config)), context);
  },
});
