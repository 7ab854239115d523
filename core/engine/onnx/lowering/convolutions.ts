import { nodeAt, type NodeId, type NodeOf, type Shape } from '../../graph/graph.js';
import type { ConvolutionAttributes } from '../../graph/ops/convolutions.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';
import type { LaidOut } from './blocked.js';
import { blockedFilters, blockedImages, convolveInBlocks, convolvesInBlocks } from './blocked-convolution.js';
import { addColumns } from './columns.js';
import { conv2dFilterGradient } from './filter-gradient.js';
import type { Layout } from './layout.js';
import { slidingAttributes } from './sliding-attributes.js';

/**
 * Up to so many channels the gradient in the images is one product, whose result has a column for each place of the filter, and Col2Im. As a
 * convolution with so few output channels it would leave most of each vector register empty: 5.7 instead of 1.8 ms for LeNet5's first layer.
 */
export const FEW_CHANNELS = 4;

/** [h, w, in, out] → [out, in, h, w], as Conv takes filters. */
export const FILTERS = [3, 2, 0, 1] as const;

const conv2d: LowerOp<'conv2d'> = (node, lowering, layout) => convolution(lowering, node, [], layout);

/** A convolution of images, in a layout. @param addends a bias [out], or none */
export function convolution(
  lowering: Lowering,
  node: NodeOf<'conv2d'>,
  addends: readonly string[],
  layout: Layout,
): string {
  return lowering.inLayout(convolved(lowering, node, addends, node.attrs), node, layout);
}

/** The images of a convolution, convolved with its filters in another way of sliding. @param addends a bias [out], or none */
export function convolved(
  lowering: Lowering,
  { inputs: [images = 0, filters = 0] }: NodeOf<'conv2d'>,
  addends: readonly string[],
  sliding: Sliding,
): LaidOut {
  const { block, graph, out, read, readTransposed } = lowering;
  const [, , inChannels, outChannels] = fourExtents(nodeAt(graph, filters).shape);
  if (convolvesInBlocks(inChannels, outChannels, block)) {
    const operand = blockedImages(lowering, images, block);
    return convolveInBlocks(
      lowering,
      operand,
      blockedFilters(lowering, filters, false, block),
      addends,
      sliding,
      block,
    );
  }
  const operands = [read(images, 'channels-first'), readTransposed(filters, FILTERS), ...addends];
  return { value: out.emit('Conv', operands, slidingAttributes(sliding)), layout: 'channels-first' };
}

const conv2dImageGradient: LowerOp<'conv2dImageGradient'> = (node, lowering, layout) => {
  const [, , , channels] = fourExtents(node.attrs.imageShape);
  const sliding = slidingBack(node, filterShapeOf(node, lowering));
  const gradient =
    channels <= FEW_CHANNELS
      ? throughColumns(node, lowering)
      : sliding === undefined
        ? asTransposedConvolution(node, lowering)
        : asConvolution(node, lowering, sliding);
  return lowering.inLayout(
    typeof gradient === 'string' ? { value: gradient, layout: 'channels-first' } : gradient,
    node,
    layout,
  );
};

/** How filters that are turned around slide over dy where that gives the gradient in the images. */
export function slidingBack({ attrs }: NodeOf<'conv2dImageGradient'>, filterShape: Shape): Sliding | undefined {
  const { strides, dilations, padding } = attrs;
  const [reachDown, reachRight] = reachOf(filterShape, dilations);
  const [top, left] = [reachDown - padding.top, reachRight - padding.left];
  const [bottom, right] = [reachDown - padding.bottom, reachRight - padding.right];
  const isConvolution =
    strides.every((stride) => stride === 1) && [top, left, bottom, right].every((count) => count >= 0);
  return isConvolution ? { strides: [1, 1], dilations, padding: { top, left, bottom, right } } : undefined;
}

/** How far a filter reaches beyond its first row and column. */
const reachOf = (filterShape: Shape, dilations: Sliding['dilations']): readonly [number, number] => {
  const [height, width] = fourExtents(filterShape);
  return [(height - 1) * dilations[0], (width - 1) * dilations[1]];
};

const filterShapeOf = (node: NodeOf<'conv2dImageGradient'>, { graph }: Lowering): Shape =>
  nodeAt(graph, operandOf(node, 1)).shape;

/** dy as images, convolved with the filters turned around: the fastest that ONNX Runtime has, where strides are 1. */
function asConvolution(node: NodeOf<'conv2dImageGradient'>, lowering: Lowering, sliding: Sliding): LaidOut {
  const { out, block } = lowering;
  const [dy, filters] = [operandOf(node, 0), operandOf(node, 1)];
  const [, , outChannels, inChannels] = fourExtents(filterShapeOf(node, lowering));
  if (convolvesInBlocks(inChannels, outChannels, block)) {
    const turned = blockedFilters(lowering, filters, true, block);
    return convolveInBlocks(lowering, blockedImages(lowering, dy, block), turned, [], sliding, block);
  }
  const operands = [lowering.read(dy, 'channels-first'), turnedAround(lowering, filters)];
  return { value: out.emit('Conv', operands, slidingAttributes(sliding)), layout: 'channels-first' };
}

/** [h, w, in, out] → [in, out, h, w], rows and columns from last to first. */
function turnedAround(lowering: Lowering, id: NodeId): string {
  const { out, once, readTransposed } = lowering;
  return once(`turned around ${id}`, () => {
    const [height, width] = fourExtents(nodeAt(lowering.graph, id).shape);
    const filters = readTransposed(id, [2, 3, 0, 1]);
    if (height === 1 && width === 1) return filters;
    const [axes, last, beforeFirst, step] = [
      [2, 3],
      [-1, -1],
      [-(2 ** 31), -(2 ** 31)],
      [-1, -1],
    ].map(out.integers);
    return out.emit('Slice', [filters, last ?? '', beforeFirst ?? '', axes ?? '', step ?? '']);
  });
}

function asTransposedConvolution(node: NodeOf<'conv2dImageGradient'>, lowering: Lowering): string {
  const { imageShape, strides, dilations, padding } = node.attrs;
  const [, height, width] = fourExtents(imageShape);
  const [reachDown, reachRight] = reachOf(filterShapeOf(node, lowering), dilations);
  // Rows and columns at the end that no window reached, since the stride would have left the image.
  const left = (extent: number, before: number, after: number, reach: number, stride: number) =>
    (extent + before + after - reach - 1) % stride;
  const output_padding = [
    left(height, padding.top, padding.bottom, reachDown, strides[0]),
    left(width, padding.left, padding.right, reachRight, strides[1]),
  ];
  const dy = lowering.read(operandOf(node, 0), 'channels-first');
  const filters = lowering.readTransposed(operandOf(node, 1), FILTERS);
  return lowering.out.emit('ConvTranspose', [dy, filters], { ...slidingAttributes(node.attrs), output_padding });
}

/** [in · h · w, out] · dy [n, out, h' · w'] gives for each window what it adds to each of its pixels; Col2Im adds it there. */
function throughColumns(node: NodeOf<'conv2dImageGradient'>, lowering: Lowering): string {
  const { out, graph, once } = lowering;
  const [dy, filters] = [operandOf(node, 0), operandOf(node, 1)];
  const [height, width, channels, filterCount] = fourExtents(nodeAt(graph, filters).shape);
  const matrix = once(`columns ${filters}`, () =>
    out.reshape(lowering.readTransposed(filters, [2, 0, 1, 3]), [channels * height * width, filterCount]),
  );
  const value = lowering.read(dy, 'channels-first');
  const images = { value, layout: 'channels-first', shape: nodeAt(graph, dy).shape } as const;
  return addColumns(lowering, [{ matrix, images }], node.attrs, [height, width]);
}

export const CONVOLUTION_LOWERINGS: Lowerings<ConvolutionAttributes> = {
  conv2d,
  conv2dImageGradient,
  conv2dFilterGradient,
};
