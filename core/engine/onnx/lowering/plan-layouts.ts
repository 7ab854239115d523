import { nodeAt, sizeOf, type Graph, type Node } from '../../graph/graph.js';
import { ELEMENTWISE } from '../../graph/ops/elementwise.js';
import type { OpName } from '../../graph/ops/ops.js';
import type { Layout } from './layout.js';

/** What ONNX computes on channels-first images alone. */
const CHANNELS_FIRST: ReadonlySet<OpName> = new Set([
  'conv2d',
  'conv2dImageGradient',
  'maxPool',
  'maxPoolGradient',
  'avgPool',
  'avgPoolGradient',
]);

/** What can be computed in any layout, if all of its operands are in it. */
const FOLLOWING: ReadonlySet<string> = new Set<string>([
  ...Object.keys(ELEMENTWISE),
  ...(['pad', 'slice', 'concat', 'reverse', 'tile', 'allReduceSum'] satisfies OpName[]),
]);

/** Those that follow only while they keep their axes. */
const REDUCTIONS: ReadonlySet<string> = new Set<OpName>(['sum', 'mean', 'max', 'min', 'all', 'any']);

/** Images of up to so many channels are near the input, which is channels-last: the less is transposed if the rest there is, too. */
const FEW_CHANNELS = 4;

/**
 * The layout in which each node is computed, such that few values are needed in two: convolutions and pools say channels-first, and what
 * comes after them follows as far as it can. Where a value is needed in another layout than its own, it is transposed there, once.
 */
export function planLayouts(graph: Graph): readonly Layout[] {
  const layouts: Layout[] = [];
  for (const node of graph.nodes) layouts.push(layoutFor(node, graph, layouts));
  return layouts;
}

function layoutFor(node: Node, graph: Graph, layouts: readonly Layout[]): Layout {
  if (node.shape.length !== 4) return 'channels-last';
  if (CHANNELS_FIRST.has(node.op)) return 'channels-first';
  if (!FOLLOWING.has(node.op) && !REDUCTIONS.has(node.op)) return 'channels-last';
  const operands = node.inputs.map((id) => ({ node: nodeAt(graph, id), layout: layouts[id] ?? 'channels-last' }));
  const images = operands.filter((operand) => operand.node.shape.length === 4 && operand.node.op !== 'constant');
  const largest = Math.max(...images.map((image) => sizeOf(image.node.shape)));
  const decisive = images.filter((image) => sizeOf(image.node.shape) === largest);
  const first = decisive.filter(({ layout }) => layout === 'channels-first').length;
  if (first === 0) return 'channels-last';
  return first === decisive.length || (node.shape[3] ?? 0) > FEW_CHANNELS ? 'channels-first' : 'channels-last';
}
