import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import type { OnnxTensor } from '../engine/onnx/onnx-model.js';
import { placeholder } from '../engine/trace/placeholder.js';
import { DomainError } from '../errors.js';
import type { Architecture } from '../model/architecture.js';
import type { HostTensors } from '../model/host-tensors.js';
import { weightSpecs } from '../model/model.js';

/** A model whose weights become constants of a file. */
export interface WeightedModel {
  readonly architecture: Architecture;
  /** Parameters and statistics together, by name. */
  readonly weights: HostTensors;
}

/** Weights to trace with. The caller disposes them. */
export function weightPlaceholders(architecture: Architecture): TensorMap {
  const specs = Object.entries(weightSpecs(architecture));
  return Object.fromEntries(specs.map(([name, { shape }]) => [name, placeholder(shape as [number])]));
}

/** A batch of inputs to trace with. The caller disposes it. */
export const inputPlaceholder = ({ inputShape }: Architecture, batch: number): Tensor4D =>
  placeholder([batch, ...inputShape]);

/** The weights as constants, by name. */
export function weightConstants({ weights }: WeightedModel): ReadonlyMap<string, OnnxTensor> {
  return new Map(
    Object.entries(weights).map(([name, { shape, data }]): [string, OnnxTensor] => {
      if (!(data instanceof Float32Array)) throw new DomainError('internal', `weights: ${name}: expected float32`);
      return [name, { type: 'float32', shape, data }];
    }),
  );
}

/** What the weights of a model are called among the arguments of an exported function, and which constants they are. */
export function weightNames({ weights }: WeightedModel): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(weights).map((name) => [`weights.${name}`, name]));
}
