import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/**
 * The values of a float32 tensor where they lie.
 *
 * An allocation may grow the heap, which detaches every view of it: take views after the last `makeOutput` and keep none.
 */
export const floats = (backend: BackendWasm, tensor: TensorInfo): Float32Array =>
  backend.typedArrayFromHeap(tensor) as Float32Array;

/** The bits of a float32 tensor: to select by masks, where a branch on random signs would be mispredicted half of the time. */
export const bits = (backend: BackendWasm, tensor: TensorInfo): Int32Array =>
  backend.typedArrayFromHeap({ ...tensor, dtype: 'int32' }) as Int32Array;

/** All of the heap, in float32 values. */
export const floatsOfHeap = (backend: BackendWasm): Float32Array => new Float32Array(wordsOfHeap(backend).buffer);

/** All of the heap, in words. */
export const wordsOfHeap = (backend: BackendWasm): Int32Array =>
  new Int32Array((backend.wasm as unknown as { readonly HEAPU8: Uint8Array }).HEAPU8.buffer);

/** Where a tensor of four-byte values begins, in words. */
export const offsetInHeap = (backend: BackendWasm, tensor: TensorInfo): number =>
  backend.getMemoryOffset(tensor.dataId) / Int32Array.BYTES_PER_ELEMENT;

/** The same tensor under another shape of the same size; not a reference of its own, so it is not to be disposed. */
export const viewAs = (tensor: TensorInfo, shape: number[]): TensorInfo => ({ ...tensor, shape });
