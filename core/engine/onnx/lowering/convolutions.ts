import { nodeAt, type NodeId, type NodeOf, type Shape } from '../../graph/graph.js';
import type { ConvolutionAttributes } from '../../graph/ops/convolutions.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';
import type { Attributes } from './node-emitter.js';

/**
 * Up to so many channels the gradient in the images is one product, whose result has a column for each place of the filter, and Col2Im. As a
 * convolution with so few output channels it would leave most of each vector register empty: 5.7 instead of 1.8 ms for LeNet5's first layer.
 */
export const FEW_CHANNELS = 4;

/** [h, w, in, out] → [out, in, h, w], as Conv takes filters. */
export const FILTERS = [3, 2, 0, 1] as const;

/** How a window slides, as ONNX states it. */
export function slidingAttributes({ strides, dilations, padding }: Sliding) {
  const { top, left, bottom, right } = padding;
  return { strides, dilations, pads: [top, left, bottom, right] } satisfies Attributes;
}

const conv2d: LowerOp<'conv2d'> = (node, lowering) => convolution(lowering, node, []);

/** A convolution of images. @param addends a bias [out], or none */
export function convolution(lowering: Lowering, node: NodeOf<'conv2d'>, addends: readonly string[]): string {
  const images = lowering.read(operandOf(node, 0), 'channels-first');
  const filters = lowering.readTransposed(operandOf(node, 1), FILTERS);
  return lowering.out.emit('Conv', [images, filters, ...addends], slidingAttributes(node.attrs));
}

const conv2dImageGradient: LowerOp<'conv2dImageGradient'> = (node, lowering) => {
  const { imageShape, strides, dilations, padding } = node.attrs;
  const [, , , channels] = fourExtents(imageShape);
  if (channels <= FEW_CHANNELS) return throughColumns(node, lowering);
  const [reachDown, reachRight] = reachOf(filterShapeOf(node, lowering), dilations);
  const { top, left, bottom, right } = padding;
  const pads = [reachDown - top, reachRight - left, reachDown - bottom, reachRight - right];
  const isConvolution = strides.every((stride) => stride === 1) && pads.every((count) => count >= 0);
  return isConvolution ? asConvolution(node, lowering, pads) : asTransposedConvolution(node, lowering);
};

/** How far a filter reaches beyond its first row and column. */
const reachOf = (filterShape: Shape, dilations: Sliding['dilations']): readonly [number, number] => {
  const [height, width] = fourExtents(filterShape);
  return [(height - 1) * dilations[0], (width - 1) * dilations[1]];
};

const filterShapeOf = (node: NodeOf<'conv2dImageGradient'>, { graph }: Lowering): Shape =>
  nodeAt(graph, operandOf(node, 1)).shape;

/** dy as images, convolved with the filters turned around: the fastest that ONNX Runtime has, where strides are 1. */
function asConvolution(node: NodeOf<'conv2dImageGradient'>, lowering: Lowering, pads: readonly number[]): string {
  const { out } = lowering;
  const dy = lowering.read(operandOf(node, 0), 'channels-first');
  const filters = turnedAround(lowering, operandOf(node, 1));
  return out.emit('Conv', [dy, filters], { dilations: node.attrs.dilations, pads });
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
  const filters = operandOf(node, 1);
  const [height, width, channels, filterCount] = fourExtents(nodeAt(graph, filters).shape);
  const matrix = once(`columns ${filters}`, () =>
    out.reshape(lowering.readTransposed(filters, [2, 0, 1, 3]), [channels * height * width, filterCount]),
  );
  const dy = lowering.read(operandOf(node, 0), 'channels-first');
  const [n, rows, columns] = fourExtents(nodeAt(graph, operandOf(node, 0)).shape);
  return addColumns(lowering, matrix, out.reshape(dy, [n, filterCount, rows * columns]), node.attrs, [height, width]);
}

/**
 * Images from a product with one column for each pixel of a window, added up where windows overlap.
 *
 * @param matrix [in · h · w, k]
 * @param values [n, k, windows]
 */
export function addColumns(
  { out }: Lowering,
  matrix: string,
  values: string,
  { imageShape, ...sliding }: Sliding & { readonly imageShape: Shape },
  window: readonly [number, number],
): string {
  const [, imageHeight, imageWidth] = fourExtents(imageShape);
  const columns = out.emit('MatMul', [matrix, values]);
  return out.emit(
    'Col2Im',
    [columns, out.integers([imageHeight, imageWidth]), out.integers(window)],
    slidingAttributes(sliding),
  );
}

/** A convolution of the images of each channel, over all examples, with those of dy as filters whose elements are a stride apart. */
const conv2dFilterGradient: LowerOp<'conv2dFilterGradient'> = (node, lowering) => {
  const { filterShape, strides, dilations, padding } = node.attrs;
  const { out, graph, readTransposed } = lowering;
  const [images, dy] = [operandOf(node, 0), operandOf(node, 1)];
  const [filterHeight, filterWidth, channels, filterCount] = fourExtents(filterShape);
  const [, height, width] = fourExtents(nodeAt(graph, images).shape);
  const [, rows, columns] = fourExtents(nodeAt(graph, dy).shape);
  // After the last place of the filter nothing is to follow; where there is more, the result is cut.
  const after = (extent: number, before: number, windows: number, window: number, stride: number, dilation: number) =>
    Math.max(0, (windows - 1) * stride + (window - 1) * dilation + 1 - extent - before);
  const bottom = after(height, padding.top, rows, filterHeight, strides[0], dilations[0]);
  const right = after(width, padding.left, columns, filterWidth, strides[1], dilations[1]);
  const gradient = out.emit('Conv', [readTransposed(images, [3, 0, 1, 2]), readTransposed(dy, [3, 0, 1, 2])], {
    strides: dilations,
    dilations: strides,
    pads: [padding.top, padding.left, bottom, right],
  });
  const begin = out.integers([0, 0, 0, 0]);
  const cut = out.emit('Slice', [gradient, begin, out.integers([channels, filterCount, filterHeight, filterWidth])]);
  return out.emit('Transpose', [cut], { perm: [2, 3, 0, 1] });
};

export const CONVOLUTION_LOWERINGS: Lowerings<ConvolutionAttributes> = {
  conv2d,
  conv2dImageGradient,
  conv2dFilterGradient,
};
