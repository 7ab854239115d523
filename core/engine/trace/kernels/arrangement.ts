import {
  backend_util,
  slice_util,
  util,
  type ConcatAttrs,
  type ExpandDimsAttrs,
  type FillAttrs,
  type GatherV2Attrs,
  type OneHotAttrs,
  type PackAttrs,
  type PadV2Attrs,
  type RangeAttrs,
  type ReshapeAttrs,
  type ReverseAttrs,
  type SliceAttrs,
  type SplitVAttrs,
  type TileAttrs,
  type TransposeAttrs,
  type UnpackAttrs,
} from '@tensorflow/tfjs-core';
import { sizeOf, type NodeId, type Shape, type TensorType } from '../../graph/graph.js';
import type { GraphBuilder } from '../../graph/graph-builder.js';
import { numericType } from '../trace-backend.js';
import { traced, unsupported, type TracedKernel, type TracedKernels } from './traced-kernel.js';

/** A tensor of no data that tells a shape. */
const shaped = ({ shape, dtype }: TensorType) => ({ dataId: {}, shape: [...shape], dtype });

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Consecutive parts of a tensor along an axis. */
function parts(graph: GraphBuilder, of: NodeId, axis: number, sizes: readonly number[]): NodeId[] {
  const { shape } = graph.typeOf(of);
  let begin = 0;
  return sizes.map((size) => {
    const from = shape.map((_, i) => (i === axis ? begin : 0));
    begin += size;
    return graph.add('slice', [of], { begin: from, size: shape.map((extent, i) => (i === axis ? size : extent)) });
  });
}

const constantLike = (value: number): TracedKernel =>
  traced(({ graph, type }) => {
    const { shape, dtype } = type('x');
    return graph.add('cast', [graph.fill(value, shape)], { dtype });
  });

const inserted = (shape: Shape, axis: number): Shape => [...shape.slice(0, axis), 1, ...shape.slice(axis)];

export const ARRANGEMENT_KERNELS: TracedKernels = {
  Identity: traced(({ input }) => input('x')),

  Reshape: traced<ReshapeAttrs>(({ graph, input, type, attrs }) =>
    graph.add('reshape', [input('x')], {
      shape: util.inferFromImplicitShape([...attrs.shape], sizeOf(type('x').shape)),
    }),
  ),

  ExpandDims: traced<ExpandDimsAttrs>(({ graph, input, type, attrs }) => {
    const { shape } = type('input');
    return graph.add('reshape', [input('input')], { shape: inserted(shape, positive(attrs.dim, shape.length + 1)) });
  }),

  Transpose: traced<TransposeAttrs>(({ graph, input, attrs }) =>
    graph.add('transpose', [input('x')], { permutation: [...attrs.perm] }),
  ),

  Tile: traced<TileAttrs>(({ graph, input, attrs }) => graph.add('tile', [input('x')], { repeats: [...attrs.reps] })),

  Slice: traced<SliceAttrs>(({ graph, input, type, attrs }) => {
    const [begin, size] = slice_util.parseSliceParams(shaped(type('x')), attrs.begin, attrs.size);
    return graph.add('slice', [input('x')], { begin: begin ?? [], size: size ?? [] });
  }),

  PadV2: traced<PadV2Attrs>(({ graph, input, attrs }) =>
    graph.add('pad', [input('x')], {
      padding: attrs.paddings.map(([before, after]) => [before, after] as const),
      value: attrs.constantValue,
    }),
  ),

  Concat: traced<ConcatAttrs>(({ graph, list, attrs }) => {
    const rank = graph.typeOf(list[0] ?? 0).shape.length;
    return graph.add('concat', list, { axis: positive(attrs.axis, rank) });
  }),

  SplitV: traced<SplitVAttrs>(({ graph, input, type, attrs }) => {
    const axis = positive(attrs.axis, type('x').shape.length);
    const sizes = backend_util.prepareSplitSize(shaped(type('x')), attrs.numOrSizeSplits, axis);
    return parts(graph, input('x'), axis, sizes);
  }),

  Pack: traced<PackAttrs>(({ graph, list, attrs }) => {
    const rank = graph.typeOf(list[0] ?? 0).shape.length;
    const axis = positive(attrs.axis, rank + 1);
    const layers = list.map((id) => graph.add('reshape', [id], { shape: inserted(graph.typeOf(id).shape, axis) }));
    return graph.add('concat', layers, { axis });
  }),

  Unpack: traced<UnpackAttrs>(({ graph, input, type, attrs }) => {
    const { shape } = type('value');
    const axis = positive(attrs.axis, shape.length);
    return parts(graph, input('value'), axis, Array<number>(shape[axis] ?? 0).fill(1)).map((id) =>
      graph.add('reshape', [id], { shape: shape.filter((_, i) => i !== axis) }),
    );
  }),

  Reverse: traced<ReverseAttrs>(({ graph, input, type, attrs }) =>
    graph.add('reverse', [input('x')], { axes: util.parseAxisParam(attrs.dims, [...type('x').shape]) }),
  ),

  GatherV2: traced<GatherV2Attrs>(({ graph, input, type, attrs }) => {
    if (attrs.batchDims !== 0) unsupported('gather with batch dimensions');
    return graph.add('gather', [input('x'), input('indices')], { axis: positive(attrs.axis, type('x').shape.length) });
  }),

  OneHot: traced<OneHotAttrs>(({ graph, input, attrs }) => {
    const hot = graph.add('oneHot', [input('indices')], { depth: attrs.depth, on: attrs.onValue, off: attrs.offValue });
    return graph.add('cast', [hot], { dtype: numericType(attrs.dtype) });
  }),

  Fill: traced<FillAttrs>(({ graph, attrs }) =>
    graph.add('cast', [graph.fill(attrs.value as number, attrs.shape)], { dtype: numericType(attrs.dtype) }),
  ),

  Range: traced<RangeAttrs>(({ graph, attrs }) => {
    const { start, stop, step } = attrs;
    const values = Float32Array.from(
      { length: Math.max(0, Math.ceil((stop - start) / step)) },
      (_, i) => start + i * step,
    );
    const range = graph.constant(values, [values.length], 'float32');
    return graph.add('cast', [range], { dtype: numericType(attrs.dtype) });
  }),

  ZerosLike: constantLike(0),
  OnesLike: constantLike(1),
};
