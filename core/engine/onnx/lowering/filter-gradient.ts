import { nodeAt, type NodeOf } from '../../graph/graph.js';
import { fourExtents } from '../../graph/ops/windows.js';
import { inLayout } from './blocked.js';
import { convolveInBlocks, wholeBlocks } from './blocked-convolution.js';
import { operandOf, type LowerOp, type Lowering } from './lower-op.js';

type Gradient = NodeOf<'conv2dFilterGradient'>;

/** From so wide filters on a convolution in blocks is faster: its results are as many as the filter has places, and it computes those of a row together; */
const LEAST_WIDTH = 3;

/** and from so many channels: to put dy in blocks takes as long as the convolution of a few. */
const LEAST_CHANNELS = 8;

/** A convolution of the images of each channel, over all examples, with those of dy as filters whose elements are a stride apart. */
export const conv2dFilterGradient: LowerOp<'conv2dFilterGradient'> = (node, lowering) => {
  const { block } = lowering;
  if (isOfPixels(node)) return ofPixels(node, lowering);
  return fitsBlocks(node, lowering, block) ? inBlocks(node, lowering, block) : inOrder(node, lowering);
};

/** Whether each place of the filters sees one pixel of the images and nothing around them. */
const isOfPixels = ({ attrs: { filterShape, padding } }: Gradient): boolean =>
  filterShape.slice(0, 2).every((extent) => extent === 1) && Object.values(padding).every((count) => count === 0);

/** A product of matrices whose rows are pixels: of the images, a stride apart, and of dy. */
function ofPixels({ inputs: [images = 0, dy = 0], attrs }: Gradient, { out, graph, read }: Lowering): string {
  const [, , channels, filters] = fourExtents(attrs.filterShape);
  const [n, rows, columns] = fourExtents(nodeAt(graph, dy).shape);
  const [down, across] = attrs.strides;
  const ends = [(rows - 1) * down + 1, (columns - 1) * across + 1];
  const seen = [[0, 0], ends, [1, 2], attrs.strides].map(out.integers);
  const matrix = (value: string, extent: number) => out.reshape(value, [n * rows * columns, extent]);
  const pixels = matrix(out.emit('Slice', [read(images), ...seen]), channels);
  const gradient = out.emit('Gemm', [pixels, matrix(read(dy), filters)], { transA: 1 });
  return out.reshape(gradient, attrs.filterShape);
}

function inOrder(node: Gradient, { out, graph, readTransposed }: Lowering): string {
  const { strides, dilations, padding } = node.attrs;
  const [height, width, channels, filters] = fourExtents(node.attrs.filterShape);
  const [bottom, right] = spaceAfter(node, graph);
  const [images, dy] = [operandOf(node, 0), operandOf(node, 1)];
  const gradient = out.emit('Conv', [readTransposed(images, [3, 0, 1, 2]), readTransposed(dy, [3, 0, 1, 2])], {
    strides: dilations,
    dilations: strides,
    pads: [padding.top, padding.left, bottom, right],
  });
  const cut = out.emit('Slice', [
    gradient,
    out.integers([0, 0, 0, 0]),
    out.integers([channels, filters, height, width]),
  ]);
  return out.emit('Transpose', [cut], { perm: [2, 3, 0, 1] });
}

/** Rows and columns after the images. Behind the last place of the filter nothing is to follow; where there is more, the result is cut. */
function spaceAfter(node: Gradient, graph: Lowering['graph']): readonly [number, number] {
  const { filterShape, strides, dilations, padding } = node.attrs;
  const [filterHeight, filterWidth] = fourExtents(filterShape);
  const [, height, width] = fourExtents(nodeAt(graph, operandOf(node, 0)).shape);
  const [, rows, columns] = fourExtents(nodeAt(graph, operandOf(node, 1)).shape);
  const after = (extent: number, before: number, windows: number, window: number, stride: number, dilation: number) =>
    Math.max(0, (windows - 1) * stride + (window - 1) * dilation + 1 - extent - before);
  return [
    after(height, padding.top, rows, filterHeight, strides[0], dilations[0]),
    after(width, padding.left, columns, filterWidth, strides[1], dilations[1]),
  ];
}

/** Whether the examples can be the channels of a convolution in blocks, and two thirds of these are of use. */
function fitsBlocks(
  { attrs, inputs: [images = 0] }: Gradient,
  { graph }: Lowering,
  block: number | undefined,
): block is number {
  if (block === undefined) return false;
  const [, width, channels, filters] = fourExtents(attrs.filterShape);
  const [examples] = fourExtents(nodeAt(graph, images).shape);
  const whole = Object.values(attrs.padding).every((count) => count >= 0) && filters % block === 0;
  return (
    whole && width >= LEAST_WIDTH && channels >= LEAST_CHANNELS && 2 * wholeBlocks(examples, block) <= 3 * examples
  );
}

/** The same with the examples in blocks: 7 instead of 14 ms for LeNet5's second convolution and 50 examples, a quarter for 64. */
function inBlocks(node: Gradient, lowering: Lowering, block: number): string {
  const { strides, dilations, padding, filterShape } = node.attrs;
  const { out, graph, read, readTransposed } = lowering;
  const [height, width, channels, filters] = fourExtents(filterShape);
  const [images, dy] = [operandOf(node, 0), operandOf(node, 1)];
  const [examples, imageHeight, imageWidth] = fourExtents(nodeAt(graph, images).shape);
  const [, rows, columns] = fourExtents(nodeAt(graph, dy).shape);
  const [bottom, right] = spaceAfter(node, graph);
  const whole = wholeBlocks(examples, block);
  const filled = (value: string, before: readonly number[], after: readonly number[]) =>
    whole > examples ? out.emit('Pad', [value, out.integers([...before, ...after])]) : value;
  const byChannel = filled(readTransposed(images, [3, 0, 1, 2]), [0, 0, 0, 0], [0, whole - examples, 0, 0]);
  const ofDy = filled(read(dy, 'channels-blocked'), [0, 0, 0, 0, 0], [whole - examples, 0, 0, 0, 0]);
  const shape = [channels, imageHeight, imageWidth, whole];
  const apart = [whole / block, block, filters / block, rows, columns, block];
  const asFilters = out.emit('Transpose', [out.reshape(ofDy, apart)], { perm: [2, 0, 3, 4, 1, 5] });
  const gradient = convolveInBlocks(
    lowering,
    {
      value: inLayout(
        out,
        { value: byChannel, layout: 'channels-first' },
        { shape, dtype: 'float32' },
        'channels-blocked',
        block,
      ),
      layout: 'channels-blocked',
      shape,
    },
    { value: out.reshape(asFilters, [filters, whole, rows, columns]), extents: [rows, columns], outChannels: filters },
    [],
    { strides: dilations, dilations: strides, padding: { top: padding.top, left: padding.left, bottom, right } },
    block,
  );
  const cut = out.emit('Slice', [
    gradient.value,
    out.integers([0, 0]),
    out.integers([height, width]),
    out.integers([2, 3]),
  ]);
  return out.reshape(out.emit('Transpose', [cut], { perm: [2, 3, 0, 1, 4] }), filterShape);
}
