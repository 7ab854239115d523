import { isOp, nodeAt, type Graph, type NodeId, type NodeOf } from '../../graph/graph.js';
import { isUniform } from '../../graph/simplify/constants.js';
import type { FindFusions, Fusion } from './fusion.js';
import { isPositive } from './indicators.js';
import { operandOf } from './lower-op.js';

/**
 * Computes the gradient of relu, dy where x > 0 and 0 elsewhere, as the product of dy and that as a number.
 *
 * Only for the gradient of relu, which TensorFlow.js states as that product: where dy is infinite and x is not above 0, it is NaN, and what is chosen
 * elsewhere by a condition must not be.
 */
export const fuseRectifierGradients: FindFusions = (graph) => {
  const rectified = new Set(graph.nodes.flatMap((node) => (node.op === 'relu' ? node.inputs : [])));
  const fusions = new Map<NodeId, Fusion>();
  graph.nodes.forEach((node, id) => {
    const found = node.op === 'select' ? gradientOf(graph, node, rectified) : undefined;
    if (found === undefined) return;
    fusions.set(id, {
      inputs: [found.x, found.dy],
      lower: ({ out, read, once }, layout) => {
        const x = read(found.x, layout);
        return out.emit('Mul', [once(`positive ${x}`, () => isPositive(out, x)), read(found.dy, layout)]);
      },
    });
  });
  return fusions;
};

/** x and dy of a choice between dy, where x > 0, and 0, if x is rectified elsewhere. */
function gradientOf(
  graph: Graph,
  node: NodeOf<'select'>,
  rectified: ReadonlySet<NodeId>,
): { readonly x: NodeId; readonly dy: NodeId } | undefined {
  const [condition, dy, zero] = [operandOf(node, 0), operandOf(node, 1), operandOf(node, 2)];
  const comparison = nodeAt(graph, condition);
  if (!isOp(comparison, 'greater') || !isUniform(nodeAt(graph, zero), 0)) return undefined;
  const [x, bound] = [operandOf(comparison, 0), operandOf(comparison, 1)];
  const whole = [x, dy].every((id) => nodeAt(graph, id).shape.length === node.shape.length);
  return whole && rectified.has(x) && isUniform(nodeAt(graph, bound), 0) ? { x, dy } : undefined;
}
