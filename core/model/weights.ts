import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { invalidInput } from '../errors.js';
import type { TensorMap } from '../engine/engine.js';
import type { Random } from '../random.js';
import { sizeOf } from '../shape.js';
import type { Architecture } from './architecture.js';
import type { HostTensor, HostTensors } from './host-tensors.js';
import { weightSpecs, type Model, type WeightShapes } from './model.js';

/**
 * The weights that training starts from: dense layers and biased convolutions uniform in ±1/√fan_in, other convolutions He-normal by fan-out,
 * batch normalisations 1, 0, 0, 1. Drawn in the order of the layers: the same generator gives the same weights.
 */
export function initialWeights(model: Model, random: Random): HostTensors {
  const weights: Record<string, HostTensor> = {};
  for (const [name, { shape, initial }] of Object.entries(weightSpecs(model.architecture))) {
    weights[name] = { shape, data: initial(sizeOf(shape), random) };
  }
  return weights;
}

/**
 * Exactly the weights of an architecture, in its order; what else is given is left out.
 *
 * @throws invalid-input if one is missing, has another shape or type, or holds NaN or an infinity
 */
export function weightsFor(architecture: Architecture, given: HostTensors): HostTensors {
  const weights: Record<string, HostTensor> = {};
  for (const [name, { shape }] of Object.entries(weightSpecs(architecture))) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    checkWeight(name, shape, value);
    weights[name] = value;
  }
  return weights;
}

function checkWeight(
  name: string,
  shape: readonly number[],
  value: HostTensor | undefined,
): asserts value is HostTensor {
  const expected = `float32 [${shape.join(', ')}]`;
  if (value === undefined) throw invalidInput(`weights: ${name}`, expected, 'none');
  const { data } = value;
  if (!(data instanceof Float32Array)) throw invalidInput(`weights: ${name}`, expected, 'int32');
  if (value.shape.join() !== shape.join() || data.length !== sizeOf(shape)) {
    throw invalidInput(`weights: ${name}`, expected, `[${value.shape.join(', ')}]`);
  }
  const index = data.findIndex((element) => !Number.isFinite(element));
  if (index >= 0) throw invalidInput(`weights: ${name}`, 'finite values', `${String(data[index])} at ${index}`);
}

/** Zeros of the given shapes. */
export function zeroWeights(shapes: WeightShapes): HostTensors {
  return mapValues(shapes, (shape) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
}

/** Tensors of arrays, under the same names. The caller disposes them. */
export function toTensors(weights: HostTensors): TensorMap {
  return mapValues(weights, ({ shape, data }) =>
    tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32'),
  );
}

/** Arrays of float32 or int32 tensors, under the same names. The tensors stay the caller's. */
export async function toHost(weights: TensorMap): Promise<HostTensors> {
  const arrays = await Promise.all(
    Object.entries(weights).map(async ([name, value]) => {
      // A copy: what `data` gives may be a view of the engine's own memory.
      const data = (await value.data<'float32' | 'int32'>()).slice();
      return [name, { shape: value.shape, data: data }] as const;
    }),
  );
  return Object.fromEntries(arrays);
}

/** A map of weights as the two that a model is applied with: the same tensors, or arrays. */
export function splitWeights<T extends Tensor | HostTensor>(
  model: Model,
  weights: Readonly<Record<string, T>>,
): { readonly parameters: Readonly<Record<string, T>>; readonly statistics: Readonly<Record<string, T>> } {
  const pick = (names: object) =>
    Object.fromEntries(Object.entries(weights).filter(([name]) => Object.hasOwn(names, name)));
  return { parameters: pick(model.parameters), statistics: pick(model.statistics) };
}

function mapValues<A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
