import { nodeAt, type Graph, type NodeId, type NodeOf, type Shape } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { blockedFilters, convolveInBlocks } from './blocked-convolution.js';
import { blockedShape, type LaidOut } from './blocked.js';
import { addColumns } from './columns.js';
import { convolved } from './convolutions.js';
import { shapeIn, type Layout } from './layout.js';
import { operandOf, type Lowering } from './lower-op.js';
import { CAST_TO } from './node-emitter.js';
import { tournament, type Tournament } from './tournament.js';

/** A convolution, pooled, and the gradients of the pool. */
export interface PooledConvolution {
  readonly convolution: NodeOf<'conv2d'>;
  readonly bias: NodeId | undefined;
  readonly maxima: NodeId;
  readonly pool: Pooling;
  readonly gradients: readonly PoolGradient[];
}

export interface PoolGradient {
  /** The gradient of the pool, or of the images if nothing else uses that of the pool. */
  readonly id: NodeId;
  readonly dy: NodeId;
  readonly inImages: boolean;
}

/** A place of the window: where it is, and the padding with which the images are convolved there. */
interface Place {
  readonly down: number;
  readonly right: number;
  readonly padding: Sliding['padding'];
}

/** The places of the window, row by row. */
export function placesOf(graph: Graph, { convolution, pool, maxima }: PooledConvolution): readonly Place[] {
  const [, height, width] = fourExtents(nodeAt(graph, operandOf(convolution, 0)).shape);
  const [filterHeight, filterWidth] = fourExtents(nodeAt(graph, operandOf(convolution, 1)).shape);
  const [, rows, columns] = fourExtents(nodeAt(graph, maxima).shape);
  const [down, across] = pool.size;
  return Array.from({ length: down * across }, (_, index): Place => {
    const place = { down: Math.floor(index / across), right: index % across };
    const top = convolution.attrs.padding.top - place.down;
    const left = convolution.attrs.padding.left - place.right;
    // As far as the last window reaches.
    const bottom = (rows - 1) * down + filterHeight - top - height;
    const right = (columns - 1) * across + filterWidth - left - width;
    return { ...place, padding: { top, left, bottom, right } };
  });
}

/** The convolution at each place of the window, and which of them is the maximum; all in one layout. */
export function maximaOf(found: PooledConvolution, lowering: Lowering): Tournament & { readonly layout: Layout } {
  const { convolution, bias, pool, maxima } = found;
  const { out, read, once, graph } = lowering;
  return once(`tournament ${maxima}`, () => {
    const addends = bias === undefined ? [] : [read(bias)];
    const values = placesOf(graph, found).map(({ padding }) =>
      convolved(lowering, convolution, addends, { strides: pool.strides, dilations: [1, 1], padding }),
    );
    return {
      ...tournament(
        out,
        values.map(({ value }) => value),
      ),
      layout: values[0]?.layout ?? 'channels-first',
    };
  });
}

/** A gradient in the images behind a pool's, which is written between the columns of zeros that it is convolved with. */
export function gradientBehind(
  found: PooledConvolution,
  gradient: PoolGradient,
  filters: NodeId,
  sliding: Sliding,
  lowering: Lowering,
  block: number,
): LaidOut {
  const { left, right } = sliding.padding;
  const images = unpooled(found, gradient, lowering, { left, right });
  const turned = blockedFilters(lowering, filters, true, block);
  const between = { ...sliding, padding: { ...sliding.padding, left: 0, right: 0 } };
  return convolveInBlocks(lowering, images, turned, [], between, block);
}

export const poolGradient = (found: PooledConvolution, gradient: PoolGradient, lowering: Lowering): LaidOut =>
  unpooled(found, gradient, lowering, { left: 0, right: 0 });

/** Up to here whole numbers are exact in float32. */
const EXACT_IN_FLOAT32 = 2 ** 24;

/** dy to the places of the maxima, as ONNX' MaxUnpool takes them: by their number among all elements. */
function unpooled(
  found: PooledConvolution,
  { id, dy }: PoolGradient,
  lowering: Lowering,
  columns: { readonly left: number; readonly right: number },
): LaidOut & { readonly shape: Shape } {
  const { pool, maxima } = found;
  const { out, graph, read, once, block = 1 } = lowering;
  const { layout, choose } = maximaOf(found, lowering);
  const [n, height, imageWidth, channels] = fourExtents(nodeAt(graph, id).shape);
  const shape = [n, height, imageWidth + columns.left + columns.right, channels];
  const [, , width = 0] = shape;
  const lanes = layout === 'channels-blocked' ? block : 1;
  const indices = once(`indices ${maxima} ${JSON.stringify(columns)}`, () => {
    const exact = n * height * width * channels < EXACT_IN_FLOAT32;
    const asIndex = (value: string) => out.emit('Cast', [value], { to: CAST_TO.int64 });
    const places = placesOf(graph, found).map(({ down, right }) => (down * width + right) * lanes);
    const first = firstIndices(fourExtents(nodeAt(graph, maxima).shape), [height, width], found, lanes, columns.left);
    // Stated as short vectors, which ONNX Runtime adds up once.
    const sum = first
      .map(({ shape, step }) => {
        const values = Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, i) => i);
        const data = exact
          ? Float32Array.from(values, (i) => step(i))
          : BigInt64Array.from(values, (i) => BigInt(step(i)));
        return out.constant({ type: exact ? 'float32' : 'int64', shape, data });
      })
      .reduce((all, vector) => out.emit('Add', [all, vector]));
    return exact ? asIndex(out.emit('Add', [choose(places), sum])) : out.emit('Add', [asIndex(choose(places)), sum]);
  });
  const windows = shapeIn('channels-first', nodeAt(graph, maxima).shape);
  const images = shapeIn('channels-first', shape);
  const flat = (value: string) => (lanes === 1 ? value : out.reshape(value, windows));
  const value = out.emit('MaxUnpool', [flat(read(dy, layout)), flat(indices), out.integers(images)], {
    kernel_shape: pool.size,
    strides: pool.strides,
  });
  return { value: lanes === 1 ? value : out.reshape(value, blockedShape(shape, block)), layout, shape };
}

/** The number of each window's first element among all of the images', as the sum of a number for each place along each axis. */
function firstIndices(
  [n, rows, columns, channels]: readonly [number, number, number, number],
  [height, width]: readonly [number, number],
  { pool }: PooledConvolution,
  lanes: number,
  left: number,
): readonly { readonly shape: readonly number[]; readonly step: (index: number) => number }[] {
  const planes = channels / lanes;
  const inner = lanes === 1 ? [] : [1];
  return [
    { shape: [n, planes, 1, 1, ...inner], step: (i) => i * height * width * lanes },
    { shape: [1, 1, rows, 1, ...inner], step: (i) => i * pool.size[0] * width * lanes },
    { shape: [1, 1, 1, columns, ...inner], step: (i) => (i * pool.size[1] + left) * lanes },
    ...(lanes === 1 ? [] : [{ shape: [lanes], step: (i: number) => i }]),
  ];
}

/** dy to the places of the maxima, and from all places at once to the images. */
export function imageGradient(found: PooledConvolution, { id, dy }: PoolGradient, lowering: Lowering): LaidOut {
  const { convolution, pool } = found;
  const { graph, read } = lowering;
  const places = placesOf(graph, found);
  const { layout, split } = maximaOf(found, lowering);
  const { matrices, block } = blockOf(found, places, lowering);
  const { shape } = nodeAt(graph, dy);
  const terms = split(read(dy, layout)).map((value, place) => ({
    matrix: matrices[place] ?? '',
    images: { value, layout, shape },
  }));
  const { top, left } = convolution.attrs.padding;
  const { bottom = 0, right = 0 } = places.at(-1)?.padding ?? {};
  const padding = { top, left, bottom, right };
  const columnsOf = { imageShape: nodeAt(graph, id).shape, strides: pool.strides, dilations: [1, 1] as const, padding };
  return { value: addColumns(lowering, terms, columnsOf, block), layout: 'channels-first' };
}

/** The filters moved to each place of a block that all of them cover, each as [in · h · w, out]; and the block's extents. */
function blockOf({ convolution }: PooledConvolution, places: readonly Place[], lowering: Lowering) {
  const { out, graph, read, once } = lowering;
  const id = operandOf(convolution, 1);
  const [height, width, channels, filters] = fourExtents(nodeAt(graph, id).shape);
  const { down: spareRows = 0, right: spareColumns = 0 } = places.at(-1) ?? {};
  const block = [height + spareRows, width + spareColumns] as const;
  const matrices = once(`block ${id} ${block.join()}`, () =>
    places.map(({ down, right }) => {
      const around = out.integers([down, right, 0, 0, spareRows - down, spareColumns - right, 0, 0]);
      const byChannel = out.emit('Transpose', [out.emit('Pad', [read(id), around])], { perm: [2, 0, 1, 3] });
      return out.reshape(byChannel, [channels * block[0] * block[1], filters]);
    }),
  );
  return { matrices, block };
}
