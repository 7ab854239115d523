import { sizeOf, type TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';

/** Arrays for tensors, whose memory is used again. */
export interface ArrayPool {
  /** An array whose elements are to be written. */
  take(type: TensorType): Values;
  /** Takes an array's memory back: nobody reads the array any more. */
  give(values: Values): void;
}

/** Less than this is quickly allocated, and is not worth looking up. */
const POOLED_BYTES = 4096;

/**
 * New memory is dear where there is much of it: the system clears each page when it is first written to, and the arrays that are left to the garbage
 * collector make it run often. A step of LeNet5's training gives back 80 MB.
 *
 * @param capacityBytes so much memory waits at most; what is given back beyond that is left to the garbage collector
 */
export function arrayPool(capacityBytes: number): ArrayPool {
  const waiting = new Map<number, ArrayBuffer[]>();
  let waitingBytes = 0;
  return {
    take: (type) => {
      const bytes = sizeOf(type.shape) * (type.dtype === 'bool' ? 1 : 4);
      const buffer = waiting.get(bytes)?.pop();
      if (buffer !== undefined) waitingBytes -= bytes;
      return arrayIn(buffer ?? newBuffer(bytes), type);
    },
    give: ({ buffer, byteLength }) => {
      // A part of another's memory is not this array's alone.
      if (byteLength < POOLED_BYTES || buffer.byteLength !== byteLength) return;
      if (waitingBytes + byteLength > capacityBytes || !(buffer instanceof ArrayBuffer)) return;
      const same = waiting.get(byteLength);
      if (same === undefined) waiting.set(byteLength, [buffer]);
      else same.push(buffer);
      waitingBytes += byteLength;
    },
  };
}

/** Not filled with zeros first, as new arrays are. */
const newBuffer = (bytes: number): ArrayBuffer => Buffer.allocUnsafeSlow(bytes).buffer;

function arrayIn(buffer: ArrayBuffer, { dtype }: TensorType): Values {
  if (dtype === 'bool') return new Uint8Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
}
