import { tensor } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../core/engine/engine.js';
import type { HostTensor, HostTensors } from '../../core/model/host-tensors.js';
import type { WeightShapes } from '../../core/model/model.js';
import { mapNamed, named } from './named.js';

/** Tensors of the given names with the values of host arrays; the caller disposes them. */
export function upload(host: HostTensors, names: WeightShapes): TensorMap {
  return mapNamed(names, (_, name) => {
    const { data, shape } = named(host, name);
    return tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
  });
}

/** Copies of tensors in host memory; the tensors stay the caller's. */
export async function download(tensors: TensorMap): Promise<HostTensors> {
  const entries = Object.entries(tensors).map(async ([name, value]): Promise<[string, HostTensor]> => {
    // Engines may answer with a view of their own memory, which the next kernel overwrites.
    const data = (await value.data()).slice() as HostTensor['data'];
    return [name, { shape: value.shape, data }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Zeros of the given names and shapes. */
export function zeros(shapes: WeightShapes): HostTensors {
  return mapNamed(shapes, (shape) => ({
    shape,
    data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
  }));
}
