import { add, matMul } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { LayerOf } from '../architecture.js';
import { uniformFanIn } from '../initial.js';
import type { LayerKind } from './layer-kind.js';
import { vectorSize } from './shapes.js';

/** x W + b. */
export const denseKind: LayerKind<LayerOf<'dense'>> = {
  fields: { name: 'name', units: 'size' },
  plan: ({ name, units }, inputShape) => {
    const inputs = vectorSize(inputShape, name);
    const initial = uniformFanIn(inputs);
    return {
      outputShape: [units],
      weights: {
        [`${name}.kernel`]: { shape: [inputs, units], role: 'parameter', initial },
        [`${name}.bias`]: { shape: [units], role: 'parameter', initial },
      },
    };
  },
  apply: ({ name }, values, context) =>
    add(matMul(values as Tensor2D, context.weight(`${name}.kernel`) as Tensor2D), context.weight(`${name}.bias`)),
  addTo: (graph, { name, units }, input, inputShape) =>
    graph.add('Dense', name, { units, activation: 'linear', use_bias: true }, [input], {
      kernel: { from: `${name}.kernel`, shape: [vectorSize(inputShape, name), units] },
      bias: { from: `${name}.bias`, shape: [units] },
    }),
};
