import { add, conv2d } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerOf } from '../architecture.js';
import { heFanOut, uniformFanIn } from '../initial.js';
import type { KerasGraph, KerasWeight } from '../keras-graph.js';
import type { LayerKind } from './layer-kind.js';
import { imageShape } from './shapes.js';

/** Cross-correlation [n, h, w, in] ⋆ [k, k, in, out] with (k − 1) / 2 zeros on every side, as PyTorch pads: 'same' of TensorFlow pads a stride of 2 on one side only. */
export function convolve(values: Tensor4D, kernel: Tensor4D, stride: number): Tensor4D {
  return conv2d(values, kernel, stride, (kernel.shape[0] - 1) / 2);
}

/** [h, w, channels] → the shape after a convolution of this stride. */
export function convolvedShape(
  [height, width]: readonly [number, number, number],
  stride: number,
  filters: number,
): readonly [number, number, number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride), filters];
}

/** Adds the stock layers of {@link convolve}: 'same' where it means the same, explicit zeros where it does not. */
export function addConvolution(
  graph: KerasGraph,
  name: string,
  input: string,
  kernelShape: readonly [number, number, number, number],
  stride: number,
  weights: Readonly<Record<string, KerasWeight>>,
): string {
  const [size, , , filters] = kernelShape;
  const border = (size - 1) / 2;
  const explicit = stride > 1 && border > 0;
  const padding = { padding: [Array(2).fill(border), Array(2).fill(border)], data_format: 'channels_last' };
  const padded = explicit ? graph.add('ZeroPadding2D', undefined, padding, [input]) : input;
  const config = {
    filters,
    kernel_size: [size, size],
    strides: [stride, stride],
    padding: explicit ? 'valid' : 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: 'bias' in weights,
  };
  return graph.add('Conv2D', name, config, [padded], weights);
}

/** A convolution. With a bias it starts as PyTorch's do; without one a batch normalisation follows, and it starts as Wide ResNet's do. */
export const conv2dKind: LayerKind<LayerOf<'conv2d'>> = {
  fields: { name: 'name', filters: 'size', kernelSize: 'odd size', stride: 'size', bias: 'boolean' },
  plan: ({ name, filters, kernelSize, stride, bias }, inputShape) => {
    const shape = imageShape(inputShape, name);
    const area = kernelSize * kernelSize;
    const pytorch = uniformFanIn(area * shape[2]);
    return {
      outputShape: convolvedShape(shape, stride, filters),
      weights: {
        [`${name}.kernel`]: {
          shape: [kernelSize, kernelSize, shape[2], filters],
          role: 'parameter',
          initial: bias ? pytorch : heFanOut(area * filters),
        },
        ...(bias && { [`${name}.bias`]: { shape: [filters], role: 'parameter', initial: pytorch } }),
      },
    };
  },
  apply: ({ name, stride, bias }, values, context) => {
    const result = convolve(values as Tensor4D, context.weight(`${name}.kernel`) as Tensor4D, stride);
    return bias ? add(result, context.weight(`${name}.bias`)) : result;
  },
  addTo: (graph, { name, filters, kernelSize, stride, bias }, input, inputShape) => {
    const kernelShape = [kernelSize, kernelSize, imageShape(inputShape, name)[2], filters] as const;
    return addConvolution(graph, name, input, kernelShape, stride, {
      kernel: { from: `${name}.kernel`, shape: kernelShape },
      ...(bias && { bias: { from: `${name}.bias`, shape: [filters] } }),
    });
  },
};
