import { conv2d, type Tensor4D } from '@tensorflow/tfjs-core';
import { initialOf } from '../initializers.js';
import { oneInput, parameter } from '../keras-layer.js';
import { imageOf, windowsOver } from '../windows.js';
import { biasSpec, finished, readConvolution, windowOf } from './conv2d.js';
import { convolveDepthwise } from './depthwise-conv2d.js';

/** A convolution of each channel, then one of 1×1 of all of them. */
export const separableConv2dLayer = oneInput({
  read: (options) => {
    options.unused('kernel_initializer');
    return {
      filters: options.integer('filters', 1),
      ...readConvolution(options),
      depth_multiplier: options.integer('depth_multiplier', 1, 1),
      depthwise_initializer: options.initializer('depthwise_initializer', 'glorot_uniform'),
      pointwise_initializer: options.initializer('pointwise_initializer', 'glorot_uniform'),
    };
  },
  plan: (config, input, refuse) => {
    const image = imageOf(input, refuse);
    const { filters, kernel_size, depth_multiplier, depthwise_initializer, pointwise_initializer } = config;
    const depthwise = [...kernel_size, image[2], depth_multiplier];
    const pointwise = [1, 1, image[2] * depth_multiplier, filters];
    return {
      outputShape: [...windowsOver(image, windowOf(config), refuse), filters],
      weights: {
        depthwise_kernel: parameter(depthwise, initialOf(depthwise_initializer, depthwise)),
        pointwise_kernel: parameter(pointwise, initialOf(pointwise_initializer, pointwise)),
        ...biasSpec(config, [filters]),
      },
    };
  },
  apply: (config, values, context) => {
    const weight = (name: string) => context.weight(name) as Tensor4D;
    const channels = convolveDepthwise(values as Tensor4D, weight('depthwise_kernel'), windowOf(config));
    return finished(config, conv2d(channels, weight('pointwise_kernel'), 1, 'valid'), context);
  },
});
