import { isOp, type NodeId, type NodeOf } from '../../graph/graph.js';
import { convolve } from '../lowering/convolutions.js';
import type { Emitter, Fusions } from '../lowering/lowering.js';
import { multiply } from '../lowering/products.js';

/** A convolution or a product plus one value for each of its channels: the library adds them as it writes the result. */
export const biased: Fusions = {
  add: (node, emitter) => {
    const [a, b] = node.inputs as readonly [NodeId, NodeId];
    return fuse(node, a, b, emitter) ?? fuse(node, b, a, emitter);
  },
};

function fuse(node: NodeOf<'add'>, product: NodeId, bias: NodeId, emitter: Emitter): number | undefined {
  const { shape } = emitter.nodeOf(bias);
  const inner = emitter.nodeOf(product);
  if (shape.length !== 1 || shape[0] !== node.shape.at(-1) || emitter.usersOf(product).length > 1) return undefined;
  if (isOp(inner, 'conv2d')) return convolve(inner, emitter, [emitter.slotOf(bias)]);
  if (isOp(inner, 'matMul') && inner.shape.length === 2) return multiply(inner, emitter, [emitter.slotOf(bias)]);
  return undefined;
}
