import { add, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { activate } from '../activations.js';
import { initialOf, type Initializer } from '../initializers.js';
import { oneInput, parameter, type KerasContext, type Shape } from '../keras-layer.js';
import type { KerasOptions } from '../keras-options.js';
import { channelsLast, convolveKeras, imageOf, readPadding, windowsOver, type Window } from '../windows.js';
import type { WeightSpec } from '../../layers/layer-kind.js';

/** What every layer of convolutions is asked for. */
export const readConvolution = (options: KerasOptions) => {
  options.only('groups', 1);
  return {
    kernel_size: options.pair('kernel_size'),
    strides: options.pair('strides', [1, 1]),
    padding: readPadding(options),
    data_format: channelsLast(options),
    dilation_rate: options.pair('dilation_rate', [1, 1]),
    activation: options.activation('activation'),
    use_bias: options.boolean('use_bias', true),
    bias_initializer: options.initializer('bias_initializer', 'zeros'),
  };
};
export type Convolution = ReturnType<typeof readConvolution>;

export const windowOf = ({ kernel_size, strides, padding, dilation_rate }: Convolution): Window => ({
  size: kernel_size,
  strides,
  padding,
  dilation: dilation_rate,
});

/** The weights of a bias, if there is one. */
export const biasSpec = (
  { use_bias, bias_initializer }: { readonly use_bias: boolean; readonly bias_initializer: Initializer },
  shape: Shape,
): Record<string, WeightSpec> => (use_bias ? { bias: parameter(shape, initialOf(bias_initializer, shape)) } : {});

/** Adds the bias, if there is one, and activates. */
export function finished(
  { use_bias, activation }: Pick<Convolution, 'use_bias' | 'activation'>,
  values: Tensor,
  context: KerasContext,
): Tensor {
  return activate(activation, use_bias ? add(values, context.weight('bias')) : values);
}

/** A convolution of images. */
export const conv2dLayer = oneInput({
  read: (options) => {
    return {
      filters: options.integer('filters', 1),
      ...readConvolution(options),
      kernel_initializer: options.initializer('kernel_initializer', 'glorot_uniform'),
    };
  },
  plan: (config, input, refuse) => {
    const [height, width, channels] = imageOf(input, refuse);
    const { filters, kernel_size, kernel_initializer } = config;
    const shape = [...kernel_size, channels, filters];
    return {
      outputShape: [...windowsOver([height, width, channels], windowOf(config), refuse), filters],
      weights: { kernel: parameter(shape, initialOf(kernel_initializer, shape)), ...biasSpec(config, [filters]) },
    };
  },
  apply: (config, values, context) =>
    finished(
      config,
      convolveKeras(values as Tensor4D, context.weight('kernel') as Tensor4D, windowOf(config)),
      context,
    ),
});
