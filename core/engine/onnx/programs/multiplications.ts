import { nodeAt, sizeOf, type Graph, type Node } from '../../graph/graph.js';

/** How many multiplications the convolutions and products of a graph take. */
export function multiplicationsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + multiplicationsAt(graph, node), 0);
}

function multiplicationsAt(graph: Graph, node: Node): number {
  const extents = (index: number) => nodeAt(graph, node.inputs[index] ?? 0).shape;
  switch (node.op) {
    // Each element of the result is a sum over a filter's pixels and its channels.
    case 'conv2d':
      return sizeOf(node.shape) * sizeOf(extents(1).slice(0, 3));
    // As many as the convolution whose gradients they are.
    case 'conv2dImageGradient':
      return sizeOf(extents(0)) * sizeOf(extents(1).slice(0, 3));
    case 'conv2dFilterGradient':
      return sizeOf(extents(1)) * sizeOf(node.shape.slice(0, 3));
    case 'matMul':
      return sizeOf(node.shape) * (extents(0).at(node.attrs.transposeA ? -2 : -1) ?? 1);
    default:
      return 0;
  }
}
