import { tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { architectureOf, sizedFamily } from '../../core/model/families.js';
import { buildModel, type Model } from '../../core/model/model.js';
import { createRandom } from '../../core/random.js';
import { sizeOf } from '../../core/shape.js';
import type { Examples } from '../../trainer/data/dataset.js';
import type { Facts } from './workload.js';

const CLASSES = 10;

/** A model and a batch of random images for it, labelled 0, 1, …, 9, 0, … */
export interface RandomProblem {
  readonly model: Model;
  readonly examples: Examples;
  /** Of a batch: [n, h, w, c]. */
  readonly shape: readonly [number, number, number, number];
  /** What is said of it. */
  readonly facts: Facts;
}

/** Images are 28 × 28 grey ones, for a Wide ResNet 32 × 32 coloured ones. @throws invalid-input naming the model */
export function randomProblem(name: string, batch: number): RandomProblem {
  const family = sizedFamily(name, [], { name: '--model', sizes: '--model' });
  const inputShape = family.name === 'wrn' ? ([32, 32, 3] as const) : ([28, 28, 1] as const);
  const model = buildModel(architectureOf(family, inputShape, CLASSES));
  const shape = [batch, ...inputShape] as const;
  const random = createRandom(1);
  const images = Uint8Array.from({ length: sizeOf(shape) }, () => random.below(256));
  const labels = Uint8Array.from({ length: batch }, (_, index) => index % CLASSES);
  const parameters = Object.values(model.parameters).reduce((sum, extents) => sum + sizeOf(extents), 0);
  return {
    model,
    examples: { count: batch, images, labels },
    shape,
    facts: {
      model: [family.name, ...family.sizes].join('-'),
      parameters,
      shapes: { inputs: shape, logits: [batch, CLASSES] },
    },
  };
}

/** The batch as tensors; the caller disposes them. */
export function batchOf({ examples, shape }: RandomProblem): { readonly inputs: Tensor4D; readonly labels: Tensor1D } {
  return {
    inputs: tensor4d(
      Float32Array.from(examples.images, (value) => value / 255),
      [...shape],
    ),
    labels: tensor1d(Int32Array.from(examples.labels), 'int32'),
  };
}
