import { nodeAt, type NodeId, type Shape } from '../../graph/graph.js';
import { fourExtents, slidOver, type Sliding } from '../../graph/ops/windows.js';
import { blockedShape, type LaidOut } from './blocked.js';
import { slidingAttributes } from './sliding-attributes.js';
import type { Lowering } from './lower-op.js';

/** Images as a convolution in blocks of channels takes them: of fewer channels than a block as they are, channels-first. */
export interface BlockedImages extends LaidOut {
  /** [n, h, w, c], the channels filled up to whole blocks. */
  readonly shape: Shape;
}

export interface BlockedFilters {
  readonly value: string;
  readonly extents: readonly [number, number];
  /** Without those that fill up the last block. */
  readonly outChannels: number;
}

/** So many channels filled up to whole blocks. */
export const wholeBlocks = (channels: number, block: number): number => Math.ceil(channels / block) * block;

/** ReorderInput takes channels by fours. */
const QUADRUPLE = 4;

/** Whether ONNX Runtime convolves so many channels in blocks, and at least half of what it computes then is of use. */
export function convolvesInBlocks(inChannels: number, outChannels: number, block: number | undefined): block is number {
  if (block === undefined) return false;
  return (inChannels < block || inChannels % QUADRUPLE === 0) && wholeBlocks(outChannels, block) <= 2 * outChannels;
}

/** The images of a node. */
export function blockedImages(lowering: Lowering, id: NodeId, block: number): BlockedImages {
  const { shape } = nodeAt(lowering.graph, id);
  const [n, height, width, channels] = fourExtents(shape);
  if (channels < block) return { value: lowering.read(id, 'channels-first'), layout: 'channels-first', shape };
  if (channels % block === 0)
    return { value: lowering.read(id, 'channels-blocked'), layout: 'channels-blocked', shape };
  const filled = [n, height, width, wholeBlocks(channels, block)];
  const value = lowering.once(`blocks ${id}`, () => {
    const reordered = lowering.out.emitBlocked('ReorderInput', [lowering.read(id, 'channels-first')]);
    return lowering.out.reshape(reordered, blockedShape(filled, block));
  });
  return { value, layout: 'channels-blocked', shape: filled };
}

/**
 * Filters [h, w, in, out] as a convolution in blocks takes them: [out / b, in / b, h, w, b of in, b of out], or [out / b, in, h, w, b] where there are
 * fewer in-channels than a block. Each is stated as [out, in, h, w].
 *
 * @param turned for the gradient in the images: rows and columns from last to first, in-channels for out-channels
 */
export function blockedFilters(lowering: Lowering, id: NodeId, turned: boolean, block: number): BlockedFilters {
  const [height, width, first, second] = fourExtents(nodeAt(lowering.graph, id).shape);
  const [inChannels, outChannels] = turned ? [second, first] : [first, second];
  const value = lowering.once(`blocked ${turned ? 'turned ' : ''}filters ${id}`, () => {
    const { out } = lowering;
    const few = inChannels < block;
    const [ins, outs] = [few ? inChannels : wholeBlocks(inChannels, block), wholeBlocks(outChannels, block)];
    const [firsts, seconds] = turned ? [outs, ins] : [ins, outs];
    let filters = lowering.read(id);
    if (turned && height * width > 1) filters = backwards(lowering, filters);
    if (firsts + seconds > first + second)
      filters = out.emit('Pad', [filters, out.integers([0, 0, 0, 0, 0, 0, firsts - first, seconds - second])]);
    const parts = (count: number, divided: boolean) => (divided ? [count / block, block] : [count]);
    const apart = [...[height, width], ...parts(firsts, turned || !few), ...parts(seconds, !turned || !few)];
    const perm = arrangement(turned, few);
    return out.reshape(out.emit('Transpose', [out.reshape(filters, apart)], { perm }), [outs, ins, height, width]);
  });
  return { value, extents: [height, width], outChannels };
}

/** Where the axes [h, w, (in / b, b | in), (out / b, b | out)] of filters go; turned, in and out change places. */
function arrangement(turned: boolean, few: boolean): readonly number[] {
  if (few) return turned ? [2, 4, 0, 1, 3] : [3, 2, 0, 1, 4];
  return turned ? [2, 4, 0, 1, 5, 3] : [4, 2, 0, 1, 3, 5];
}

/** Rows and columns from last to first. */
function backwards({ out }: Lowering, filters: string): string {
  const beforeFirst = -(2 ** 31);
  const range = [
    [-1, -1],
    [beforeFirst, beforeFirst],
    [0, 1],
    [-1, -1],
  ].map(out.integers);
  return out.emit('Slice', [filters, ...range]);
}

/** A convolution in blocks; its result, too, is in blocks where all of them are whole. @param addends a bias [out], or none */
export function convolveInBlocks(
  lowering: Lowering,
  images: BlockedImages,
  filters: BlockedFilters,
  addends: readonly string[],
  sliding: Sliding,
  block: number,
): LaidOut {
  const { out } = lowering;
  const { outChannels, extents } = filters;
  const [n, height, width, channels] = fourExtents(images.shape);
  const [rows, columns] = slidOver([height, width], extents, sliding);
  const spare = wholeBlocks(outChannels, block) - outChannels;
  const biases = addends.map((bias) => (spare === 0 ? bias : out.emit('Pad', [bias, out.integers([0, spare])])));
  const padded = images.layout === 'channels-blocked' && padsApart(sliding, columns);
  const { left, right } = sliding.padding;
  const wide = padded ? width + left + right : width;
  const zeros = (count: number): readonly string[] => {
    const shape = [n, channels / block, height, count, block];
    if (count === 0) return [];
    return [lowering.once(`zeros ${shape.join()}`, () => out.emit('Expand', [out.scalar(0), out.integers(shape)]))];
  };
  // ONNX Runtime's Pad does on one thread what Concat does on all.
  const values = padded
    ? out.emit('Concat', [...zeros(left), images.value, ...zeros(right)], { axis: 3 })
    : images.value;
  const operand = images.layout === 'channels-blocked' ? out.reshape(values, [n, channels, height, wide]) : values;
  const result = out.emitBlocked('Conv', [operand, filters.value, ...biases], {
    kernel_shape: extents,
    ...slidingAttributes(padded ? { ...sliding, padding: { ...sliding.padding, left: 0, right: 0 } } : sliding),
  });
  if (spare === 0)
    return {
      value: out.reshape(result, blockedShape([n, rows, columns, outChannels], block)),
      layout: 'channels-blocked',
    };
  return { value: out.emitBlocked('ReorderOutput', [result], { channels: outChannels }), layout: 'channels-first' };
}

/**
 * Whether columns of zeros are to be added to the images before. ONNX Runtime computes those places of a row alone whose window reaches over its ends,
 * each of them in as much time as three others: 10.9 instead of 7.5 ms for LeNet5's second convolution. Rows of zeros it leaves out, which is faster.
 */
export function padsApart({ padding: { left, right } }: Sliding, columns: number): boolean {
  return left >= 0 && right >= 0 && 8 * (left + right) >= columns;
}
