import { isOp, nodeAt, type Graph, type NodeId, type NodeOf } from '../../graph/graph.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import { biasedAt } from './bias.js';
import { convolvesInBlocks, padsApart } from './blocked-convolution.js';
import type { LaidOut } from './blocked.js';
import { FEW_CHANNELS, slidingBack } from './convolutions.js';
import type { FindFusions, Fusion, Uses } from './fusion.js';
import { operandOf, type Lowering } from './lower-op.js';
import {
  gradientBehind,
  imageGradient,
  maximaOf,
  placesOf,
  poolGradient,
  type PooledConvolution,
  type PoolGradient,
} from './window-places.js';

/**
 * Computes a convolution that is pooled, if the pool is differentiated, by the places of the pooling window: for each of them a convolution whose
 * stride is the window's. The maxima are of whole tensors then, and the same comparisons say where the gradient goes: ONNX Runtime's MaxPool with
 * indices takes as long as half of LeNet5's second convolution.
 *
 * If the images have few channels, the gradient goes from the places back to them at once, through columns as far apart as the windows.
 */
export const fusePooledConvolutions: FindFusions = (graph, { uses, isConstant, block }) => {
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
