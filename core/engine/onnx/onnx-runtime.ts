import type { Runtime } from '../compiled/runtime.js';
import type { Values } from '../graph/ops/sources.js';
import { arrayPool } from './array-pool.js';
import { constantProgram } from './programs/constant-program.js';
import { constantWeights, weightsFor } from './programs/constant-weights.js';
import { foldScales } from './programs/fold-scales.js';
import { preparedProgram } from './programs/prepared-program.js';

/** So much memory waits at most to be used again. */
const WAITING_BYTES = 2 ** 28;

/**
 * Runs graphs by ONNX Runtime. Buffers are arrays of this process, which are not changed until they are released. Then their memory is used again, by
 * another array: whoever still has something of an array's values knows it by the array.
 */
export function onnxRuntime(): Runtime<Values> {
  const pool = arrayPool(WAITING_BYTES);
  return {
    upload: (values, type) => {
      const buffer = pool.take(type);
      buffer.set(values);
      return buffer;
    },
    download: (buffer) => buffer.slice(),
    release: (buffer) => {
      pool.give(buffer);
    },
    load: (graph, hints) => {
      const folded = foldScales(graph, weightsFor(graph, hints, 2));
      const constant = constantWeights(folded, hints);
      return constant.length > 0 ? constantProgram(folded, constant, pool) : preparedProgram(folded, hints, pool);
    },
  };
}
