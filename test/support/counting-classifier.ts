import { customGrad } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';

/** How many images a classifier has seen, going forward and coming back. Only of functions that are run, not of compiled ones. */
export interface Passes {
  forward: number;
  backward: number;
}

/** The same classifier, counting. */
export function countingClassifier(classifier: WeightedClassifier): { classifier: WeightedClassifier; passes: Passes } {
  const passes: Passes = { forward: 0, backward: 0 };
  const counted = customGrad((images) => {
    const count = (images as Tensor4D).shape[0];
    passes.forward += count;
    return {
      value: (images as Tensor4D).clone(),
      gradFunc: (slopes: Tensor) => {
        passes.backward += count;
        return slopes;
      },
    };
  });
  return { classifier: (weights, inputs) => classifier(weights, counted(inputs) as Tensor4D), passes };
}
