import { mean } from '@tensorflow/tfjs-core';
import type { LayerOf } from '../architecture.js';
import type { LayerKind } from './layer-kind.js';
import { imageShape } from './shapes.js';

/** The mean over height and width. */
export const globalAverageKind: LayerKind<LayerOf<'globalAverage'>> = {
  fields: {},
  plan: (_, inputShape) => ({ outputShape: [imageShape(inputShape, 'globalAverage')[2]], weights: {} }),
  apply: (_, values) => mean(values, [1, 2]),
  addTo: (graph, _, input) => graph.add('GlobalAveragePooling2D', undefined, { data_format: 'channels_last' }, [input]),
};
