import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { transpose } from './transpose.js';

type DataId = TensorInfo['dataId'];

/** Transposes of matrices that are still alive, per backend. */
const turnedOf = new WeakMap<BackendWasm, WeakMap<DataId, TensorInfo>>();

/**
 * Bᵀ of B [rows, columns], made once while B lives: an attack multiplies by the same weights a hundred times. Values never change once
 * a tensor is made, so its data id stands for them. It stays the cache's, and goes when B does.
 */
export function turnedWhileAlive(backend: BackendWasm, matrix: TensorInfo, rows: number, columns: number): TensorInfo {
  const cache = turnedOf.get(backend) ?? openCache(backend);
  const known = cache.get(matrix.dataId);
  // The same values may be looked at under another shape.
  if (known?.shape[0] === columns) return known;
  if (known !== undefined) backend.disposeData(known.dataId);
  const turned = transpose(backend, matrix, rows, columns);
  cache.set(matrix.dataId, turned);
  return turned;
}

/** The backend says nothing when it releases a tensor, so that its method is wrapped. */
function openCache(backend: BackendWasm): WeakMap<DataId, TensorInfo> {
  const cache = new WeakMap<DataId, TensorInfo>();
  const release = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force?: boolean): boolean => {
    const released = release(dataId, force);
    const turned = released ? cache.get(dataId) : undefined;
    if (turned !== undefined) {
      cache.delete(dataId);
      release(turned.dataId);
    }
    return released;
  };
  turnedOf.set(backend, cache);
  return cache;
}
