import { isOp, nodeAt, sizeOf, type Graph, type Node, type NodeId } from '../../graph/graph.js';
import { ELEMENTWISE } from '../../graph/ops/elementwise.js';
import type { OpName } from '../../graph/ops/ops.js';
import { fourExtents } from '../../graph/ops/windows.js';
import { convolvesInBlocks } from './blocked-convolution.js';
import { slidingBack } from './convolutions.js';
import type { Layout } from './layout.js';
import { operandOf } from './lower-op.js';

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

const CHANNELS = 3;

/** Those that follow only while they keep their axes. */
const REDUCTIONS: ReadonlySet<string> = new Set<OpName>(['sum', 'mean', 'max', 'min', 'all', 'any']);

/** Images of up to so many channels are near the input, which is channels-last: the less is transposed if the rest there is, too. */
const FEW_CHANNELS = 4;

/**
 * The layout in which each node is computed, such that few values are needed in two: convolutions and pools say channels-first, and what
 * comes after them follows as far as it can. Where a value is needed in another layout than its own, it is transposed there, once.
 *
 * @param layoutOfFusion the layout that a fusion of a node has, if it says one
 */
export function planLayouts(
  graph: Graph,
  block?: number,
  layoutOfFusion: (id: NodeId) => Layout | undefined = () => undefined,
): readonly Layout[] {
  const layouts: Layout[] = [];
  for (const [id, node] of graph.nodes.entries())
    layouts.push(layoutOfFusion(id) ?? layoutFor(node, graph, layouts, block));
  return layouts;
}

function layoutFor(node: Node, graph: Graph, layouts: readonly Layout[], block: number | undefined): Layout {
  if (node.shape.length !== 4) return 'channels-last';
  if (isInBlocks(node, graph, layouts, block)) return 'channels-blocked';
  if (CHANNELS_FIRST.has(node.op)) return 'channels-first';
  if (!FOLLOWING.has(node.op) && !REDUCTIONS.has(node.op)) return 'channels-last';
  const operands = node.inputs.map((id) => ({ node: nodeAt(graph, id), layout: layouts[id] ?? 'channels-last' }));
  const images = operands.filter((operand) => operand.node.shape.length === 4 && operand.node.op !== 'constant');
  const largest = Math.max(...images.map((image) => sizeOf(image.node.shape)));
  const decisive = images.filter((image) => sizeOf(image.node.shape) === largest);
  const first = decisive.filter(({ layout }) => layout !== 'channels-last').length;
  if (first === 0) return 'channels-last';
  return first === decisive.length || (node.shape[3] ?? 0) > FEW_CHANNELS ? 'channels-first' : 'channels-last';
}

type Reduction = Extract<Node, { readonly op: 'sum' | 'mean' | 'max' | 'min' | 'all' | 'any' }>;

const isReduction = (node: Node): node is Reduction => REDUCTIONS.has(node.op);

const isWithinBlocks = (axes: readonly number[]): boolean => axes.length === 1 && !axes.includes(CHANNELS);

/** Whether a node is computed in blocks of channels: a convolution that can be, and what follows it without changing what is where. */
function isInBlocks(node: Node, graph: Graph, layouts: readonly Layout[], block: number | undefined): block is number {
  if (block === undefined || (node.shape[3] ?? 0) % block !== 0) return false;
  const follows = (operand: number) => layouts[node.inputs[operand] ?? -1] === 'channels-blocked';
  if (isOp(node, 'conv2d')) {
    const [, , inChannels, outChannels] = fourExtents(nodeAt(graph, operandOf(node, 1)).shape);
    return convolvesInBlocks(inChannels, outChannels, block);
  }
  if (isOp(node, 'conv2dImageGradient')) {
    const filterShape = nodeAt(graph, operandOf(node, 1)).shape;
    const [, , outChannels, inChannels] = fourExtents(filterShape);
    return slidingBack(node, filterShape) !== undefined && convolvesInBlocks(inChannels, outChannels, block);
  }
  if (isOp(node, 'maxPool') || isOp(node, 'avgPool')) return follows(0);
  if (isOp(node, 'maxPoolGradient')) return follows(1);
  // Over one axis at a time ONNX Runtime reduces blocks as fast as any other order.
  if (isReduction(node)) return follows(0) && node.attrs.keepDims && isWithinBlocks(node.attrs.axes);
  if (!(node.op in ELEMENTWISE)) return false;
  return node.inputs.some((id, operand) => follows(operand) && sizeOf(nodeAt(graph, id).shape) === sizeOf(node.shape));
}
