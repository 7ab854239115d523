import { DomainError } from '../../../errors.js';
import { nodeAt, sizeOf, type NodeId, type NodeOf } from '../../graph/graph.js';
import type { Pooling, PoolingAttributes } from '../../graph/ops/pooling.js';
import { fourExtents } from '../../graph/ops/windows.js';
import { blockedShape } from './blocked.js';
import { shapeIn, type Layout } from './layout.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';
import type { Attributes } from './node-emitter.js';
import { slidingAttributes } from './sliding-attributes.js';
import { windowCounts } from './window-counts.js';

const maxPool: LowerOp<'maxPool'> = (node, lowering, layout) => {
  const images = operandOf(node, 0);
  if (isDifferentiated(lowering, images, node.attrs)) {
    const { values } = maximaOf(lowering, images, node.attrs);
    return lowering.inLayout({ value: values, layout: 'channels-first' }, node, layout);
  }
  return pooled('MaxPool', node, lowering, layout, poolingAttributes(node.attrs));
};

/** One operator on images, in blocks of channels if the result is to be in them. */
function pooled(
  op: string,
  node: NodeOf<'maxPool' | 'avgPool'>,
  { out, read, graph, block }: Lowering,
  layout: Layout,
  attributes: Attributes,
): string {
  const images = operandOf(node, 0);
  if (layout !== 'channels-blocked' || block === undefined)
    return out.emit(op, [read(images, 'channels-first')], attributes);
  const flat = out.reshape(read(images, layout), shapeIn('channels-first', nodeAt(graph, images).shape));
  return out.reshape(out.emitBlocked(op, [flat], attributes), blockedShape(node.shape, block));
}

/** dy to where the forward pass found the maxima. */
const maxPoolGradient: LowerOp<'maxPoolGradient'> = (node, lowering, layout) =>
  lowering.inLayout({ value: unpooled(node, lowering), layout: 'channels-first' }, node, layout);

function unpooled(node: NodeOf<'maxPoolGradient'>, lowering: Lowering): string {
  const [dy, images] = [operandOf(node, 0), operandOf(node, 1)];
  const values = lowering.read(dy, 'channels-first');
  const { indices } = maximaOf(lowering, images, node.attrs);
  const shape = shapeIn('channels-first', node.shape);
  const { out } = lowering;
  const { size, strides } = node.attrs;
  if (overlap(node.attrs)) {
    const flat = (value: string) => out.reshape(value, [sizeOf(nodeAt(lowering.graph, dy).shape)]);
    const zeros = out.emit('ConstantOfShape', [out.integers([sizeOf(shape)])]);
    const scattered = out.emit('ScatterElements', [zeros, flat(indices), flat(values)], { axis: 0, reduction: 'add' });
    return out.reshape(scattered, shape);
  }
  return out.emit('MaxUnpool', [values, indices, out.integers(shape)], { kernel_shape: size, strides });
}

/** Whether a pixel may be in two windows: then MaxUnpool would keep what only one of them adds. */
function overlap({ size, strides, dilations }: Pooling): boolean {
  return size.some((extent, axis) => (extent - 1) * (dilations[axis] ?? 1) + 1 > (strides[axis] ?? 1));
}

/** The maxima of windows and their places among all elements of the images, ties: the lowest index. */
function maximaOf(
  lowering: Lowering,
  images: NodeId,
  pooling: Pooling,
): { readonly values: string; readonly indices: string } {
  return lowering.once(`maxima ${poolKey(images, pooling)}`, () => {
    const operand = lowering.read(images, 'channels-first');
    const [values = '', indices = ''] = lowering.out.emitMany('MaxPool', [operand], poolingAttributes(pooling), 2);
    return { values, indices };
  });
}

function isDifferentiated({ graph, once }: Lowering, images: NodeId, pooling: Pooling): boolean {
  const differentiated = once('differentiated pools', () => {
    const gradients = graph.nodes.flatMap((node) => (node.op === 'maxPoolGradient' ? [node] : []));
    return new Set(gradients.map((node) => poolKey(operandOf(node, 1), node.attrs)));
  });
  return differentiated.has(poolKey(images, pooling));
}

const poolKey = (images: NodeId, { size, strides, dilations, padding }: Pooling): string =>
  JSON.stringify([images, size, strides, dilations, padding]);

const poolingAttributes = (pooling: Pooling): Attributes => ({
  ...slidingAttributes(pooling),
  kernel_shape: pooling.size,
});

/** The mean of what of each window lies inside. */
const avgPool: LowerOp<'avgPool'> = (node, lowering, layout) => {
  const { dilations, ...pooling } = node.attrs;
  // AveragePool knows dilations from the next opset on; nothing that is traced has them.
  if (dilations.some((dilation) => dilation !== 1))
    throw new DomainError('internal', `engine onnx: avgPool: expected dilations of 1, got ${dilations.join()}`);
  const { strides, pads } = slidingAttributes({ ...pooling, dilations });
  return pooled('AveragePool', node, lowering, layout, { strides, pads, kernel_shape: pooling.size });
};

/** dy over what of its window is inside, to every pixel of the window. */
const avgPoolGradient: LowerOp<'avgPoolGradient'> = (node, lowering) => {
  const { out, graph } = lowering;
  const { imageShape, size } = node.attrs;
  const dy = operandOf(node, 0);
  const [n, rows, columns, channels] = fourExtents(nodeAt(graph, dy).shape);
  const [, height, width] = fourExtents(imageShape);
  const counts = out.constant(windowCounts([height, width], node.attrs));
  const shares = out.emit('Div', [lowering.read(dy, 'channels-first'), counts]);
  const windows = out.reshape(shares, [n * channels, 1, rows * columns]);
  const spread = out.emit('Expand', [windows, out.integers([n * channels, size[0] * size[1], rows * columns])]);
  const planes = out.emit(
    'Col2Im',
    [spread, out.integers([height, width]), out.integers(size)],
    slidingAttributes(node.attrs),
  );
  return out.reshape(planes, shapeIn('channels-first', imageShape));
};

export const POOLING_LOWERINGS: Lowerings<PoolingAttributes> = { maxPool, maxPoolGradient, avgPool, avgPoolGradient };
