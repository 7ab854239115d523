import { nodeAt, type Shape } from '../../graph/graph.js';
import type { ArrangementAttributes } from '../../graph/ops/arrangement.js';
import { cast } from './elementwise.js';
import { axisIn, permuted, TO_FIRST, type Layout } from './layout.js';
import { operandOf, type LowerOp, type Lowerings } from './lower-op.js';

/** Something for each axis of the graph's, in the order of a layout. */
const inLayout = <T>(values: readonly T[], layout: Layout): readonly T[] =>
  layout === 'channels-first' ? permuted(values, TO_FIRST) : values;

/** An axis of a tensor of some shape, where it is in a layout. */
const axisOf = (shape: Shape, layout: Layout, axis: number): number =>
  shape.length === 4 ? axisIn(layout, axis) : axis;

const reshape: LowerOp<'reshape'> = (node, { out, read }) => out.reshape(read(operandOf(node, 0)), node.attrs.shape);

const transpose: LowerOp<'transpose'> = (node, { readTransposed }) =>
  readTransposed(operandOf(node, 0), node.attrs.permutation);

const broadcastTo: LowerOp<'broadcastTo'> = (node, { out, read }) =>
  out.emit('Expand', [read(operandOf(node, 0)), out.integers(node.attrs.shape)]);

const tile: LowerOp<'tile'> = (node, { out, read }, layout) =>
  out.emit('Tile', [read(operandOf(node, 0), layout), out.integers(inLayout(node.attrs.repeats, layout))]);

const slice: LowerOp<'slice'> = (node, { out, read }, layout) => {
  const begin = inLayout(node.attrs.begin, layout);
  const size = inLayout(node.attrs.size, layout);
  const end = begin.map((from, axis) => from + (size[axis] ?? 0));
  return begin.length === 0
    ? read(operandOf(node, 0))
    : out.emit('Slice', [read(operandOf(node, 0), layout), out.integers(begin), out.integers(end)]);
};

const pad: LowerOp<'pad'> = (node, lowering, layout) => {
  const { out, read } = lowering;
  const padding = inLayout(node.attrs.padding, layout);
  const counts = out.integers([...padding.map(([before]) => before), ...padding.map(([, after]) => after)]);
  return out.emit('Pad', [read(operandOf(node, 0), layout), counts, out.scalar(node.attrs.value, node.dtype)]);
};

const concat: LowerOp<'concat'> = (node, { out, read }, layout) =>
  out.emit(
    'Concat',
    node.inputs.map((id) => read(id, layout)),
    { axis: axisOf(node.shape, layout, node.attrs.axis) },
  );

/** A slice that goes backwards from the last element to before the first. */
const reverse: LowerOp<'reverse'> = (node, { out, read }, layout) => {
  const axes = node.attrs.axes.map((axis) => axisOf(node.shape, layout, axis));
  const value = read(operandOf(node, 0), layout);
  if (axes.length === 0) return value;
  const each = (number: number) => out.integers(axes.map(() => number));
  return out.emit('Slice', [value, each(-1), each(-(2 ** 31)), out.integers(axes), each(-1)]);
};

const gather: LowerOp<'gather'> = (node, { out, read }) =>
  out.emit('Gather', [read(operandOf(node, 0)), read(operandOf(node, 1))], { axis: node.attrs.axis });

/** Where the index is the class. ONNX' OneHot counts indices below 0 from the end, where the graph says that they are outside. */
const oneHot: LowerOp<'oneHot'> = (node, lowering) => {
  const { out, graph, read } = lowering;
  const { depth, on, off } = node.attrs;
  const id = operandOf(node, 0);
  const indices = out.reshape(read(id), [...nodeAt(graph, id).shape, 1]);
  const classes = out.constant({
    type: 'int32',
    shape: [depth],
    data: Int32Array.from({ length: depth }, (_, i) => i),
  });
  const isClass = out.emit('Equal', [indices, classes]);
  if (on === 1 && off === 0) return cast(lowering, isClass, 'float32');
  return out.emit('Where', [isClass, out.scalar(on), out.scalar(off)]);
};

export const ARRANGEMENT_LOWERINGS: Lowerings<ArrangementAttributes> = {
  reshape,
  transpose,
  broadcastTo,
  tile,
  slice,
  pad,
  concat,
  reverse,
  gather,
  oneHot,
};
