import { engine, type Rank, type ShapeMap, type Tensor } from '@tensorflow/tfjs-core';
import type { DataType } from '../graph/graph.js';
import { traceBackend } from './trace-backend.js';

/** A tensor that has a shape and no values, to trace functions with; it takes no memory. The caller disposes it. */
export function placeholder<R extends Rank>(shape: ShapeMap[R], dtype: DataType = 'float32'): Tensor<R> {
  const info = { dataId: {}, shape: [...(shape as readonly number[])], dtype };
  return engine().makeTensorFromTensorInfo(info, traceBackend()) as Tensor<R>;
}
