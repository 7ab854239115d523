import { relu } from '@tensorflow/tfjs-core';
import type { LayerOf } from '../architecture.js';
import type { KerasGraph } from '../keras-graph.js';
import type { LayerKind } from './layer-kind.js';

/** Adds the stock layer of relu. */
export function addRelu(graph: KerasGraph, input: string): string {
  return graph.add('Activation', undefined, { activation: 'relu' }, [input]);
}

/** max(x, 0). */
export const reluKind: LayerKind<LayerOf<'relu'>> = {
  fields: {},
  plan: (_, inputShape) => ({ outputShape: inputShape, weights: {} }),
  apply: (_, values) => relu(values),
  addTo: (graph, _, input) => addRelu(graph, input),
};
