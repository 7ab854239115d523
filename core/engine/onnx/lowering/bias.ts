import { isOp, nodeAt, type Graph, type NodeId } from '../../graph/graph.js';
import { convolution } from './convolutions.js';
import type { FindFusions, Fusion } from './fusion.js';
import { gemm } from './products.js';

/** A convolution or a product of matrices and the vector that is added to it alone. */
export interface Biased {
  readonly product: NodeId;
  readonly bias: NodeId;
}

/** Adds a bias where convolutions and products of matrices are written, not after. */
export const fuseBiases: FindFusions = (graph, { uses }) => {
  const fusions = new Map<NodeId, Fusion>();
  for (const id of graph.nodes.keys()) {
    const biased = biasedAt(graph, id);
    if (biased === undefined || uses(biased.product).length > 1) continue;
    const { product, bias } = biased;
    const node = nodeAt(graph, product);
    if (isOp(node, 'conv2d'))
      fusions.set(id, {
        inputs: [...node.inputs, bias],
        lower: (lowering, layout) => convolution(lowering, node, [lowering.read(bias)], layout),
      });
    else if (isOp(node, 'matMul'))
      fusions.set(id, {
        inputs: [...node.inputs, bias],
        lower: (lowering) => gemm(lowering, node, [lowering.read(bias)]),
      });
  }
  return fusions;
};

/** What an addition adds to what, if one is a convolution or a product of matrices and the other a vector along its last axis. */
export function biasedAt(graph: Graph, id: NodeId): Biased | undefined {
  const node = nodeAt(graph, id);
  if (node.op !== 'add') return undefined;
  const pairs = [node.inputs, node.inputs.toReversed()] as const;
  for (const [product = 0, bias = 0] of pairs) {
    const { op, shape } = nodeAt(graph, product);
    const isProduct = op === 'conv2d' || (op === 'matMul' && shape.length === 2);
    const biasShape = nodeAt(graph, bias).shape;
    if (isProduct && biasShape.length === 1 && biasShape[0] === shape.at(-1)) return { product, bias };
  }
  return undefined;
}
