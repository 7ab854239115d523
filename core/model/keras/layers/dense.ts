import { matMul, reshape, type Tensor2D } from '@tensorflow/tfjs-core';
import { initialOf } from '../initializers.js';
import { oneInput, parameter } from '../keras-layer.js';
import { biasSpec, finished } from './conv2d.js';

/** x W + b of the last axis, activated. */
export const denseLayer = oneInput({
  read: (options) => ({
    units: options.integer('units', 1),
    activation: options.activation('activation'),
    use_bias: options.boolean('use_bias', true),
    kernel_initializer: options.initializer('kernel_initializer', 'glorot_uniform'),
    bias_initializer: options.initializer('bias_initializer', 'zeros'),
  }),
  plan: (config, input) => {
    const { units, kernel_initializer } = config;
    const shape = [input.at(-1) ?? 1, units];
    return {
      outputShape: [...input.slice(0, -1), units],
      weights: { kernel: parameter(shape, initialOf(kernel_initializer, shape)), ...biasSpec(config, [units]) },
    };
  },
  apply: (config, values, context) => {
    const kernel = context.weight('kernel') as Tensor2D;
    const flat = reshape(values, [-1, kernel.shape[0]]);
    const products = matMul(flat as Tensor2D, kernel);
    const shaped =
      values.shape.length === 2 ? products : reshape(products, [...values.shape.slice(0, -1), config.units]);
    return finished(config, shaped, context);
  },
});
