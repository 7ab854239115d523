import { isOp, nodeAt, type Graph, type NodeId, type NodeOf, type Shape } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { biasedAt } from './bias.js';
import { blockedShape, type LaidOut } from './blocked.js';
import { blockedFilters, convolveInBlocks, convolvesInBlocks, padsApart } from './blocked-convolution.js';
import { addColumns, convolved, FEW_CHANNELS, slidingBack } from './convolutions.js';
import type { FindFusions, Fusion, Uses } from './fusion.js';
import { shapeIn, type Layout } from './layout.js';
import { operandOf, type Lowering } from './lower-op.js';
import { CAST_TO } from './node-emitter.js';
import { tournament, type Tournament } from './tournament.js';

/** A convolution, pooled, and the gradients of the pool. */
interface PooledConvolution {
  readonly convolution: NodeOf<'conv2d'>;
  readonly bias: NodeId | undefined;
  readonly maxima: NodeId;
  readonly pool: Pooling;
  readonly gradients: readonly PoolGradient[];
}

interface PoolGradient {
  /** The gradient of the pool, or of the images if nothing else uses that of the pool. */
  readonly id: NodeId;
  readonly dy: NodeId;
  readonly inImages: boolean;
}

/**
 * Computes a convolution that is pooled, if the pool is differentiated, by the places of the pooling window: for each of them a convolution whose
 * stride is the window's. The maxima are of whole tensors then, and the same comparisons say where the gradient goes: ONNX Runtime's MaxPool with
 * indices takes as long as half of LeNet5's second convolution.
 *
 * If the images have few channels, the gradient goes from the places back to them at once, through columns as far apart as the windows.
 */
export const fusePooledConvolutions: FindFusions = (graph, uses, isConstant, block) => {
  const fusions = new Map<NodeId, Fusion>();
  for (const node of graph.nodes) {
    const found = node.op === 'maxPoolGradient' ? pooledConvolutionAt(graph, uses, isConstant, block, node) : undefined;
    if (found === undefined || fusions.has(found.maxima)) continue;
    const inputs = [...found.convolution.inputs, ...(found.bias === undefined ? [] : [found.bias])];
    const fuse = (id: NodeId, operands: readonly NodeId[], lower: (lowering: Lowering) => LaidOut): void => {
      fusions.set(id, {
        inputs: [...inputs, ...operands],
        lower: (lowering, layout) => lowering.inLayout(lower(lowering), nodeAt(graph, id), layout),
      });
    };
    fuse(found.maxima, [], (lowering) => {
      const { maxima, layout } = maximaOf(found, lowering);
      return { value: maxima, layout };
    });
    for (const gradient of found.gradients) {
      const lower = gradient.inImages ? imageGradient : poolGradient;
      fuse(gradient.id, [gradient.dy], (lowering) => lower(found, gradient, lowering));
      if (block !== undefined && !gradient.inImages)
        for (const { id, filters, sliding } of gradientsBehind(graph, uses, gradient.id, block))
          fuse(id, [gradient.dy, filters], (lowering) =>
            gradientBehind(found, gradient, filters, sliding, lowering, block),
          );
    }
  }
  return fusions;
};

/** What a pool's gradient belongs to, if all of it can be computed by the places of the window. */
function pooledConvolutionAt(
  graph: Graph,
  uses: Uses,
  isConstant: (id: NodeId) => boolean,
  block: number | undefined,
  { inputs, attrs: pool }: NodeOf<'maxPoolGradient'>,
): PooledConvolution | undefined {
  const [, pooled = 0, maxima = 0] = inputs;
  const biased = biasedAt(graph, pooled);
  const convolution = nodeAt(graph, biased?.product ?? pooled);
  if (!isOp(convolution, 'conv2d') || !isOp(nodeAt(graph, maxima), 'maxPool')) return undefined;
  if (biased !== undefined && uses(biased.product).length > 1) return undefined;
  const [, , channels, filters] = fourExtents(nodeAt(graph, operandOf(convolution, 1)).shape);
  const few = channels <= FEW_CHANNELS;
  const fast = isConstant(operandOf(convolution, 1)) || convolvesInBlocks(channels, filters, block);
  const users = uses(pooled).filter((user) => user !== maxima);
  const gradients = users.flatMap((user) => {
    const node = user === undefined ? undefined : nodeAt(graph, user);
    if (user === undefined || node === undefined || !isOp(node, 'maxPoolGradient')) return [];
    const through = few ? gradientThrough(graph, uses, user, node, convolution) : undefined;
    return [through ?? { id: user, dy: operandOf(node, 0), inImages: false }];
  });
  const found = { convolution, bias: biased?.bias, maxima, pool, gradients };
  // Where they are not convolved in blocks, many channels are convolved through columns, which takes twice as long where strides leave few windows.
  const pays = fast || (few && gradients.every(({ inImages }) => inImages));
  return pays && gradients.length === users.length && fits(graph, found) ? found : undefined;
}

/** The gradient in the images that alone uses a pool's gradient. */
function gradientThrough(
  graph: Graph,
  uses: Uses,
  poolGradient: NodeId,
  node: NodeOf<'maxPoolGradient'>,
  convolution: NodeOf<'conv2d'>,
): PoolGradient | undefined {
  const [id, ...others] = uses(poolGradient);
  if (id === undefined || others.length > 0) return undefined;
  const gradient = nodeAt(graph, id);
  const isGradient =
    isOp(gradient, 'conv2dImageGradient') &&
    gradient.inputs[0] === poolGradient &&
    gradient.inputs[1] === convolution.inputs[1] &&
    sameSliding(gradient.attrs, convolution.attrs);
  return isGradient ? { id, dy: operandOf(node, 0), inImages: true } : undefined;
}

const sameSliding = (a: Sliding, b: Sliding): boolean =>
  JSON.stringify([a.strides, a.dilations, a.padding]) === JSON.stringify([b.strides, b.dilations, b.padding]);

/** Whether strides, padding and extents are such that each place of the window is a convolution by itself. */
function fits(graph: Graph, found: PooledConvolution): boolean {
  const { convolution, pool } = found;
  const one = (values: readonly number[]) => values.every((value) => value === 1);
  const { strides, dilations } = convolution.attrs;
  const apart = pool.size.every((extent, axis) => extent === pool.strides[axis]) && one(pool.dilations);
  const unpadded = Object.values(pool.padding).every((count) => count === 0);
  if (!one(strides) || !one(dilations) || !apart || !unpadded) return false;
  return placesOf(graph, found).every(({ padding }) => Object.values(padding).every((count) => count >= 0));
}

/** A place of the window: where it is, and the padding with which the images are convolved there. */
interface Place {
  readonly down: number;
  readonly right: number;
  readonly padding: Sliding['padding'];
}

/** The places of the window, row by row. */
function placesOf(graph: Graph, { convolution, pool, maxima }: PooledConvolution): readonly Place[] {
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
function maximaOf(found: PooledConvolution, lowering: Lowering): Tournament & { readonly layout: Layout } {
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

/** The gradients in the images that use a pool's gradient, and how filters that are turned around slide over it for them. */
function gradientsBehind(graph: Graph, uses: Uses, poolGradient: NodeId, block: number) {
  return uses(poolGradient).flatMap((id) => {
    const node = id === undefined ? undefined : nodeAt(graph, id);
    if (id === undefined || node === undefined || !isOp(node, 'conv2dImageGradient')) return [];
    const [dy, filters] = [operandOf(node, 0), operandOf(node, 1)];
    const filterShape = nodeAt(graph, filters).shape;
    const [, , outChannels, inChannels] = fourExtents(filterShape);
    const [, , columns = 0] = node.shape;
    const sliding = slidingBack(node, filterShape);
    const pays = inChannels % block === 0 && convolvesInBlocks(inChannels, outChannels, block);
    const padded = dy === poolGradient && sliding !== undefined && padsApart(sliding, columns);
    return pays && padded && outChannels > FEW_CHANNELS ? [{ id, filters, sliding }] : [];
  });
}

/** A gradient in the images behind a pool's, which is written between the columns of zeros that it is convolved with. */
function gradientBehind(
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

const poolGradient = (found: PooledConvolution, gradient: PoolGradient, lowering: Lowering): LaidOut =>
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
function imageGradient(found: PooledConvolution, { id, dy }: PoolGradient, lowering: Lowering): LaidOut {
  const { convolution, pool } = found;
  const { out, graph, read } = lowering;
  const gradient = nodeAt(graph, id);
  const shape = fourExtents(nodeAt(graph, dy).shape);
  const [n, rows, columns, filters] = shape;
  const places = placesOf(graph, found);
  const { layout, split } = maximaOf(found, lowering);
  const all = out.emit('Concat', split(read(dy, layout)), { axis: 1 });
  const { matrix, block } = blockOf(found, places, lowering);
  const { top, left } = convolution.attrs.padding;
  const { bottom = 0, right = 0 } = places.at(-1)?.padding ?? {};
  const padding = { top, left, bottom, right };
  const columnsOf = { imageShape: gradient.shape, strides: pool.strides, dilations: [1, 1] as const, padding };
  const images = { value: all, layout, shape: [n, rows, columns, places.length * filters] };
  return { value: addColumns(lowering, matrix, images, columnsOf, block), layout: 'channels-first' };
}

/** The filters moved to each place of a block that all of them cover, as [in · h · w, places · out]; and the block's extents. */
function blockOf({ convolution }: PooledConvolution, places: readonly Place[], lowering: Lowering) {
  const { out, graph, read, once } = lowering;
  const id = operandOf(convolution, 1);
  const [height, width, channels, filters] = fourExtents(nodeAt(graph, id).shape);
  const { down: spareRows = 0, right: spareColumns = 0 } = places.at(-1) ?? {};
  const block = [height + spareRows, width + spareColumns] as const;
  const matrix = once(`block ${id} ${block.join()}`, () => {
    const moved = places.map(({ down, right }) => {
      const after = [spareRows - down, spareColumns - right, 0, 0];
      return out.emit('Pad', [read(id), out.integers([down, right, 0, 0, ...after])]);
    });
    const byChannel = out.emit('Transpose', [out.emit('Concat', moved, { axis: 3 })], { perm: [2, 0, 1, 3] });
    return out.reshape(byChannel, [channels * block[0] * block[1], places.length * filters]);
  });
  return { matrix, block };
}
