import { isOp, nodeAt, type Graph, type Node, type NodeId, type NodeOf } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { biasedAt } from './bias.js';
import { addColumns, FEW_CHANNELS, FILTERS, slidingAttributes } from './convolutions.js';
import type { FindFusions, Fusion, Uses } from './fusion.js';
import { operandOf, type Lowering } from './lower-op.js';
import { tournament, type Tournament } from './tournament.js';

/** A convolution of images of few channels, pooled, with its gradient in the images. */
interface PooledConvolution {
  readonly convolution: NodeOf<'conv2d'>;
  readonly bias: NodeId | undefined;
  readonly maxima: NodeId;
  readonly pool: Pooling;
  /** The gradients in the images, and what the pool's gradient is taken of for each. */
  readonly gradients: readonly { readonly id: NodeId; readonly dy: NodeId }[];
}

/**
 * Computes a first layer's convolution, its max pooling and their gradient in the images by the places of a pooling window: for each of them a
 * convolution whose stride is the window's. The maxima are of whole tensors then, the gradient goes to where they came from by the same
 * comparisons, and back to the images through columns as far apart as the windows: ONNX Runtime's MaxPool with indices, MaxUnpool and the columns
 * of every pixel take 9 ms for LeNet5's first layer and 50 images, this 5.
 */
export const fusePooledConvolutions: FindFusions = (graph, uses) => {
  const fusions = new Map<NodeId, Fusion>();
  for (const node of graph.nodes) {
    const found = node.op === 'maxPoolGradient' ? pooledConvolutionAt(graph, uses, node) : undefined;
    if (found === undefined || fusions.has(found.maxima)) continue;
    const inputs = [...found.convolution.inputs, ...(found.bias === undefined ? [] : [found.bias])];
    fusions.set(found.maxima, { inputs, lower: (lowering) => maximaOf(found, lowering).maxima });
    for (const { id, dy } of found.gradients)
      fusions.set(id, { inputs: [...inputs, dy], lower: (lowering) => imageGradient(found, id, dy, lowering) });
  }
  return fusions;
};

/** What a pool's gradient belongs to, if all of it can be computed by the places of the window. */
function pooledConvolutionAt(
  graph: Graph,
  uses: Uses,
  { inputs, attrs: pool }: NodeOf<'maxPoolGradient'>,
): PooledConvolution | undefined {
  const [, pooled = 0, maxima = 0] = inputs;
  const biased = biasedAt(graph, pooled);
  const convolution = nodeAt(graph, biased?.product ?? pooled);
  if (!isOp(convolution, 'conv2d') || !isOp(nodeAt(graph, maxima), 'maxPool')) return undefined;
  if (biased !== undefined && uses(biased.product).length > 1) return undefined;
  const gradients = uses(pooled).flatMap((user) => {
    const node = user === undefined ? undefined : nodeAt(graph, user);
    if (user === maxima) return [];
    return [
      node === undefined || user === undefined ? undefined : gradientThrough(graph, uses, user, node, convolution),
    ];
  });
  const complete = gradients.flatMap((gradient) => gradient ?? []);
  if (complete.length < gradients.length || complete.length === 0) return undefined;
  const found = { convolution, bias: biased?.bias, maxima, pool, gradients: complete };
  return fits(graph, found) ? found : undefined;
}

/** The gradient in the images that alone uses a pool's gradient. */
function gradientThrough(
  graph: Graph,
  uses: Uses,
  poolGradient: NodeId,
  node: Node,
  convolution: NodeOf<'conv2d'>,
): { readonly id: NodeId; readonly dy: NodeId } | undefined {
  const [id, ...others] = uses(poolGradient);
  if (!isOp(node, 'maxPoolGradient') || id === undefined || others.length > 0) return undefined;
  const gradient = nodeAt(graph, id);
  const isGradient =
    isOp(gradient, 'conv2dImageGradient') &&
    gradient.inputs[0] === poolGradient &&
    gradient.inputs[1] === convolution.inputs[1] &&
    sameSliding(gradient.attrs, convolution.attrs);
  return isGradient ? { id, dy: operandOf(node, 0) } : undefined;
}

const sameSliding = (a: Sliding, b: Sliding): boolean =>
  JSON.stringify([a.strides, a.dilations, a.padding]) === JSON.stringify([b.strides, b.dilations, b.padding]);

/** Whether strides, padding and extents are such that each place of the window is a convolution by itself. */
function fits(graph: Graph, found: PooledConvolution): boolean {
  const { convolution, pool } = found;
  const one = (values: readonly number[]) => values.every((value) => value === 1);
  const { strides, dilations } = convolution.attrs;
  const [, , , channels] = fourExtents(nodeAt(graph, operandOf(convolution, 0)).shape);
  const apart = pool.size.every((extent, axis) => extent === pool.strides[axis]) && one(pool.dilations);
  const unpadded = Object.values(pool.padding).every((count) => count === 0);
  if (channels > FEW_CHANNELS || !one(strides) || !one(dilations) || !apart || !unpadded) return false;
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

/** dy to the places of the maxima, and from all places at once to the images. */
function imageGradient(found: PooledConvolution, id: NodeId, dy: NodeId, lowering: Lowering): string {
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
