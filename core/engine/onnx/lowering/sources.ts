import { sizeOf } from '../../graph/graph.js';
import type { LowerOp } from './lower-op.js';

/** A constant; one whose elements are all equal is written as one of them. */
export const constant: LowerOp<'constant'> = (node, { out }) => {
  const { values, shape, dtype } = node.attrs;
  if (values.length === sizeOf(shape)) return out.constant({ type: dtype, shape, data: values });
  return out.emit('Expand', [out.scalar(values[0] ?? 0, dtype), out.integers(shape)]);
};
