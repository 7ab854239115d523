import { nodeAt } from '../../graph/graph.js';
import type { ReductionAttributes, ReductionOf } from '../../graph/ops/reductions.js';
import { cast } from './elementwise.js';
import { axisIn, TO_FIRST, type Layout } from './layout.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';

/** One ONNX operator; a bool operand as 0 and 1. */
const reduction =
  (op: string): LowerOp<keyof ReductionAttributes> =>
  (node, lowering, layout) => {
    const { axes, keepDims } = node.attrs as ReductionOf;
    const id = operandOf(node, 0);
    const { shape, dtype } = nodeAt(lowering.graph, id);
    const from = keepDims ? layout : layoutToReduce(lowering.layoutOf(id), axes);
    const value = lowering.read(id, from);
    if (axes.length === 0) return value;
    const inLayout = shape.length === 4 ? axes.map((axis) => axisIn(from, axis)).sort((a, b) => a - b) : axes;
    const reduce = (operand: string) =>
      lowering.out.emit(op, [operand, lowering.out.integers(inLayout)], { keepdims: keepDims ? 1 : 0 });
    return dtype === 'bool' ? cast(lowering, reduce(cast(lowering, value, 'int32')), 'bool') : reduce(value);
  };

/** The layout in which the axes that are left lie in the graph's order. */
function layoutToReduce(own: Layout, axes: readonly number[]): Layout {
  if (own === 'channels-last') return own;
  const left = TO_FIRST.filter((axis) => !axes.includes(axis));
  return left.every((axis, place) => axis > (left[place - 1] ?? -1)) ? 'channels-first' : 'channels-last';
}

/** The index of the first extreme along an axis, which ONNX gives as int64. */
const extremeIndex =
  (op: string): LowerOp<'argMax' | 'argMin'> =>
  (node, lowering: Lowering) => {
    const value = lowering.read(operandOf(node, 0));
    const index = lowering.out.emit(op, [value], { axis: node.attrs.axis, keepdims: 0, select_last_index: 0 });
    return cast(lowering, index, 'int32');
  };

export const REDUCTION_LOWERINGS: Lowerings<ReductionAttributes> = {
  sum: reduction('ReduceSum'),
  mean: reduction('ReduceMean'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  all: reduction('ReduceMin'),
  any: reduction('ReduceMax'),
  argMax: extremeIndex('ArgMax'),
  argMin: extremeIndex('ArgMin'),
};
