import { reshape } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shape.js';
import type { LayerOf } from '../architecture.js';
import type { LayerKind } from './layer-kind.js';

/** Images as vectors, row by row, channels last. */
export const flattenKind: LayerKind<LayerOf<'flatten'>> = {
  fields: {},
  plan: (_, inputShape) => ({
    outputShape: [sizeOf(inputShape)],
    weights: {},
  }),
  apply: (_, values) => reshape(values, [values.shape[0], -1]),
  addTo: (graph, _, input) => graph.add('Flatten', undefined, { data_format: 'channels_last' }, [input]),
};
