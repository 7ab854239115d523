import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { transpose } from './transpose.js';

type DataId = TensorInfo['dataId'];
type Derived = Map<string, readonly TensorInfo[]>;

/** What was made of tensors that are still alive, per backend. */
const derivedOf = new WeakMap<BackendWasm, WeakMap<DataId, Derived>>();

/**
 * What `make` makes of a tensor, made once while the tensor lives: an attack uses the same weights a hundred times, and XNNPACK in turn
 * keeps what it packs of a filter that stays. Values never change once a tensor is made, so its data id stands for them. The results
 * stay the cache's, and go when the tensor does.
 *
 * @param purpose tells apart what is made of one tensor, and of other shapes of the same values
 */
export function whileAlive(
  backend: BackendWasm,
  source: TensorInfo,
  purpose: string,
  make: () => readonly TensorInfo[],
): readonly TensorInfo[] {
  const cache = derivedOf.get(backend) ?? openCache(backend);
  const derived: Derived = cache.get(source.dataId) ?? new Map<string, readonly TensorInfo[]>();
  cache.set(source.dataId, derived);
  const key = `${purpose} ${source.shape.join('×')}`;
  const known = derived.get(key);
  if (known !== undefined) return known;
  const made = make();
  derived.set(key, made);
  return made;
}

/** Bᵀ of B [rows, columns], while B lives. */
export function turnedWhileAlive(backend: BackendWasm, matrix: TensorInfo, rows: number, columns: number): TensorInfo {
  const make = () => [transpose(backend, matrix, rows, columns)];
  const [turned] = whileAlive(backend, { ...matrix, shape: [rows, columns] }, 'turned', make);
  return turned as TensorInfo;
}

/** The backend says nothing when it releases a tensor, so that its method is wrapped. */
function openCache(backend: BackendWasm): WeakMap<DataId, Derived> {
  const cache = new WeakMap<DataId, Derived>();
  const release = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force?: boolean): boolean => {
    const released = release(dataId, force);
    const derived = released ? cache.get(dataId) : undefined;
    if (derived !== undefined) {
      cache.delete(dataId);
      for (const made of derived.values()) for (const tensor of made) backend.disposeData(tensor.dataId);
    }
    return released;
  };
  derivedOf.set(backend, cache);
  return cache;
}
