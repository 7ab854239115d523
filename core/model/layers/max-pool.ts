import { maxPool } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { invalidInput } from '../../errors.js';
import type { LayerOf } from '../architecture.js';
import type { LayerKind } from './layer-kind.js';
import { imageShape } from './shapes.js';

/** The largest of each size × size block. */
export const maxPoolKind: LayerKind<LayerOf<'maxPool'>> = {
  fields: { size: 'size' },
  plan: ({ size }, inputShape) => {
    const [height, width, channels] = imageShape(inputShape, 'maxPool');
    if (Math.min(height, width) < size) {
      throw invalidInput('architecture: maxPool', `images of at least ${size}×${size}`, `${height}×${width}`);
    }
    return { outputShape: [Math.floor(height / size), Math.floor(width / size), channels], weights: {} };
  },
  apply: ({ size }, values) => maxPool(values as Tensor4D, size, size, 'valid'),
  addTo: (graph, { size }, input) => {
    const config = {
      pool_size: [size, size],
      strides: [size, size],
      padding: 'valid',
      data_format: 'channels_last',
    };
    return graph.add('MaxPooling2D', undefined, config, [input]);
  },
};
