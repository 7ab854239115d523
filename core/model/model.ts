import { add, conv2d, matMul, maxPool, relu, reshape } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { DomainError } from '../errors.js';
import type { TensorMap } from '../engine/engine.js';
import type { Architecture, Layer } from './architecture.js';

/** Names and shapes of weights, in the order in which layers use them. */
export type WeightShapes = Readonly<Record<string, readonly number[]>>;

/** A network as data and one pure function. */
export interface Model {
  readonly architecture: Architecture;
  /** What training changes by gradients: `conv1.kernel`, `conv1.bias`, … */
  readonly parameters: WeightShapes;
  /** What training changes by averaging: running means and variances. Empty without batch normalisation. */
  readonly statistics: WeightShapes;
  /**
   * Pure: inputs [n, h, w, c] → logits [n, classes].
   *
   * @param training use the statistics of this batch, and return moved running ones
   * @returns logits, and the statistics (the given tensors themselves where nothing moved)
   */
  apply(
    parameters: TensorMap,
    statistics: TensorMap,
    inputs: Tensor4D,
    training: boolean,
  ): { readonly logits: Tensor2D; readonly statistics: TensorMap };
}

/** The model of an architecture. */
export function buildModel(architecture: Architecture): Model {
  return {
    architecture,
    parameters: parameterShapes(architecture),
    statistics: {},
    apply: (parameters, statistics, inputs) => {
      let values: Tensor = inputs;
      for (const layer of architecture.layers) values = applyLayer(layer, parameters, values);
      return { logits: values as Tensor2D, statistics };
    },
  };
}

function parameterShapes(architecture: Architecture): WeightShapes {
  const shapes: Record<string, readonly number[]> = {};
  let shape: readonly number[] = architecture.inputShape;
  for (const layer of architecture.layers) {
    const channels = shape.at(-1) ?? 0;
    switch (layer.kind) {
      case 'conv2d':
        shapes[`${layer.name}.kernel`] = [layer.kernelSize, layer.kernelSize, channels, layer.filters];
        if (layer.bias) shapes[`${layer.name}.bias`] = [layer.filters];
        shape = [...shape.slice(0, 2).map((extent) => Math.ceil(extent / layer.stride)), layer.filters];
        break;
      case 'dense':
        shapes[`${layer.name}.kernel`] = [channels, layer.units];
        shapes[`${layer.name}.bias`] = [layer.units];
        shape = [layer.units];
        break;
      case 'maxPool':
        shape = [...shape.slice(0, 2).map((extent) => Math.floor(extent / layer.size)), channels];
        break;
      case 'flatten':
        shape = [shape.reduce((product, extent) => product * extent, 1)];
        break;
      case 'relu':
        break;
    }
  }
  return shapes;
}

function applyLayer(layer: Layer, parameters: TensorMap, values: Tensor): Tensor {
  switch (layer.kind) {
    case 'conv2d': {
      const kernel = weight(parameters, `${layer.name}.kernel`) as Tensor4D;
      const result = conv2d(values as Tensor4D, kernel, layer.stride, (layer.kernelSize - 1) / 2);
      return layer.bias ? add(result, weight(parameters, `${layer.name}.bias`)) : result;
    }
    case 'dense':
      return add(
        matMul(values as Tensor2D, weight(parameters, `${layer.name}.kernel`) as Tensor2D),
        weight(parameters, `${layer.name}.bias`) as Tensor1D,
      );
    case 'relu':
      return relu(values);
    case 'maxPool':
      return maxPool(values as Tensor4D, layer.size, layer.size, 'valid');
    case 'flatten':
      return reshape(values, [values.shape[0], -1]);
  }
}

function weight(weights: TensorMap, name: string): Tensor {
  const value = weights[name];
  if (value === undefined) throw new DomainError('internal', `weights: expected ${name}, got none of that name`);
  return value;
}
