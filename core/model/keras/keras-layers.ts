import type { KerasNode } from '../architecture.js';
import type { KerasLayer } from './keras-layer.js';
import {
  activationLayer,
  eluLayer,
  leakyReluLayer,
  preluLayer,
  reluLayer,
  softmaxLayer,
} from './layers/activation-layers.js';
import {
  cropping2dLayer,
  dropoutLayer,
  flattenLayer,
  gaussianNoiseLayer,
  permuteLayer,
  reshapeLayer,
  upSampling2dLayer,
  zeroPadding2dLayer,
} from './layers/arrangement.js';
import { batchNormalizationLayer } from './layers/batch-normalization.js';
import { conv2dLayer } from './layers/conv2d.js';
import { denseLayer } from './layers/dense.js';
import { depthwiseConv2dLayer } from './layers/depthwise-conv2d.js';
import { layerNormalizationLayer } from './layers/layer-normalization.js';
import {
  addLayer,
  averageLayer,
  concatenateLayer,
  maximumLayer,
  minimumLayer,
  multiplyLayer,
} from './layers/merging.js';
import {
  averagePooling2dLayer,
  globalAveragePooling2dLayer,
  globalMaxPooling2dLayer,
  maxPooling2dLayer,
} from './layers/pooling.js';
import { rescalingLayer } from './layers/rescaling.js';
import { separableConv2dLayer } from './layers/separable-conv2d.js';

/** By Keras' names of the classes. */
const LAYERS = {
  Activation: activationLayer,
  Add: addLayer,
  AlphaDropout: dropoutLayer,
  Average: averageLayer,
  AveragePooling2D: averagePooling2dLayer,
  BatchNormalization: batchNormalizationLayer,
  Concatenate: concatenateLayer,
  Conv2D: conv2dLayer,
  Cropping2D: cropping2dLayer,
  Dense: denseLayer,
  DepthwiseConv2D: depthwiseConv2dLayer,
  Dropout: dropoutLayer,
  ELU: eluLayer,
  Flatten: flattenLayer,
  GaussianDropout: dropoutLayer,
  GaussianNoise: gaussianNoiseLayer,
  GlobalAveragePooling2D: globalAveragePooling2dLayer,
  GlobalMaxPooling2D: globalMaxPooling2dLayer,
  LayerNormalization: layerNormalizationLayer,
  LeakyReLU: leakyReluLayer,
  MaxPooling2D: maxPooling2dLayer,
  Maximum: maximumLayer,
  Minimum: minimumLayer,
  Multiply: multiplyLayer,
  PReLU: preluLayer,
  Permute: permuteLayer,
  ReLU: reluLayer,
  Rescaling: rescalingLayer,
  Reshape: reshapeLayer,
  SeparableConv2D: separableConv2dLayer,
  Softmax: softmaxLayer,
  UpSampling2D: upSampling2dLayer,
  ZeroPadding2D: zeroPadding2dLayer,
} as const;

/** Every class of layers that a LayersModel may have beside InputLayer. */
export const KERAS_LAYER_NAMES = Object.keys(LAYERS);

/** What is known about a class of layers, if anything is. The configurations that it takes are those that its `read` gave. */
export function kerasLayer(className: string): KerasLayer<KerasNode['config']> | undefined {
  const layers: Readonly<Record<string, unknown>> = LAYERS;
  return Object.hasOwn(layers, className) ? (layers[className] as KerasLayer<KerasNode['config']>) : undefined;
}
