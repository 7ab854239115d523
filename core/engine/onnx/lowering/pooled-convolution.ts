import { isOp, nodeAt, type Graph, type NodeId, type NodeOf } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { biasedAt } from './bias.js';
import { addColumns, FEW_CHANNELS, FILTERS, slidingAttributes } from './convolutions.js';
import type { FindFusions, Fusion, Uses } from './fusion.js';
import { shapeIn } from './layout.js';
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
export const fusePooledConvolutions: FindFusions = (graph, uses, isConstant) => {
  const fusions = new Map<NodeId, Fusion>();
  for (const node of graph.nodes) {
    const found = node.op === 'maxPoolGradient' ? pooledConvolutionAt(graph, uses, isConstant, node) : undefined;
    if (found === undefined || fusions.has(found.maxima)) continue;
    const inputs = [...found.convolution.inputs, ...(found.bias === undefined ? [] : [found.bias])];
    fusions.set(found.maxima, { inputs, lower: (lowering) => maximaOf(found, lowering).maxima });
    for (const gradient of found.gradients) {
      const lower = gradient.inImages ? imageGradient : poolGradient;
      fusions.set(gradient.id, {
        inputs: [...inputs, gradient.dy],
        lower: (lowering) => lower(found, gradient, lowering),
      });
    }
  }
  return fusions;
};

/** What a pool's gradient belongs to, if all of it can be computed by the places of the window. */
function pooledConvolutionAt(
  graph: Graph,
  uses: Uses,
  isConstant: (id: NodeId) => boolean,
  { inputs, attrs: pool }: NodeOf<'maxPoolGradient'>,
): PooledConvolution | undefined {
  const [, pooled = 0, maxima = 0] = inputs;
  const biased = biasedAt(graph, pooled);
  const convolution = nodeAt(graph, biased?.product ?? pooled);
  if (!isOp(convolution, 'conv2d') || !isOp(nodeAt(graph, maxima), 'maxPool')) return undefined;
  if (biased !== undefined && uses(biased.product).length > 1) return undefined;
  const [, , , channels] = fourExtents(nodeAt(graph, operandOf(convolution, 0)).shape);
  const few = channels <= FEW_CHANNELS;
  const constant = isConstant(operandOf(convolution, 1));
  const users = uses(pooled).filter((user) => user !== maxima);
  const gradients = users.flatMap((user) => {
    const node = user === undefined ? undefined : nodeAt(graph, user);
    if (user === undefined || node === undefined || !isOp(node, 'maxPoolGradient')) return [];
    const through = few ? gradientThrough(graph, uses, user, node, convolution) : undefined;
    return [through ?? { id: user, dy: operandOf(node, 0), inImages: false }];
  });
  const found = { convolution, bias: biased?.bias, maxima, pool, gradients };
  // With filters that are not constant many channels are convolved through columns, which takes twice as long where strides leave few windows.
  const pays = constant || (few && gradients.every(({ inImages }) => inImages));
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

/** The convolution at each place of the window, and which of them is the maximum. */
function maximaOf(found: PooledConvolution, lowering: Lowering): Tournament {
  const { convolution, bias, pool, maxima } = found;
  const { out, read, readTransposed, once, graph } = lowering;
  return once(`tournament ${maxima}`, () => {
    const images = read(operandOf(convolution, 0), 'channels-first');
    const filters = readTransposed(operandOf(convolution, 1), FILTERS);
    const addends = bias === undefined ? [] : [read(bias)];
    const values = placesOf(graph, found).map(({ padding }) => {
      const sliding = slidingAttributes({ strides: pool.strides, dilations: [1, 1], padding });
      return out.emit('Conv', [images, filters, ...addends], sliding);
    });
    return tournament(out, values);
  });
}

/** dy to the places of the maxima, as ONNX' MaxUnpool takes them: by their number among all elements. */
function poolGradient(found: PooledConvolution, { id, dy }: PoolGradient, lowering: Lowering): string {
  const { pool, maxima } = found;
  const { out, graph, read, once } = lowering;
  const shape = shapeIn('channels-first', nodeAt(graph, id).shape);
  const [, , height = 1, width = 1] = shape;
  const indices = once(`indices ${maxima}`, () => {
    const places = placesOf(graph, found).map(({ down, right }) => down * width + right);
    const offsets = out.emit('Cast', [maximaOf(found, lowering).choose(places)], { to: CAST_TO.int64 });
    const windows = shapeIn('channels-first', nodeAt(graph, maxima).shape);
    const [n = 1, channels = 1, rows = 1, columns = 1] = windows;
    // Stated as three short vectors, which ONNX Runtime adds up once.
    const multiples = (count: number, of: number, shape: readonly number[]): string =>
      out.constant({ type: 'int64', shape, data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i * of)) });
    const inImage = out.emit('Add', [
      multiples(rows, pool.size[0] * width, [1, 1, rows, 1]),
      multiples(columns, pool.size[1], [1, 1, 1, columns]),
    ]);
    const first = out.emit('Add', [multiples(n * channels, height * width, [n, channels, 1, 1]), inImage]);
    return out.emit('Add', [offsets, first]);
  });
  return out.emit('MaxUnpool', [read(dy, 'channels-first'), indices, out.integers(shape)], {
    kernel_shape: pool.size,
    strides: pool.strides,
  });
}

/** dy to the places of the maxima, and from all places at once to the images. */
function imageGradient(found: PooledConvolution, { id, dy }: PoolGradient, lowering: Lowering): string {
  const { convolution, pool } = found;
  const { out, graph, read } = lowering;
  const gradient = nodeAt(graph, id);
  const [n, rows, columns, filters] = fourExtents(nodeAt(graph, dy).shape);
  const places = placesOf(graph, found);
  const all = out.emit('Concat', maximaOf(found, lowering).split(read(dy, 'channels-first')), { axis: 1 });
  const values = out.reshape(all, [n, places.length * filters, rows * columns]);
  const { matrix, block } = blockOf(found, places, lowering);
  const { top, left } = convolution.attrs.padding;
  const { bottom = 0, right = 0 } = places.at(-1)?.padding ?? {};
  const padding = { top, left, bottom, right };
  const columnsOf = { imageShape: gradient.shape, strides: pool.strides, dilations: [1, 1] as const, padding };
  return addColumns(lowering, matrix, values, columnsOf, block);
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
