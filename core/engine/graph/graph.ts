import type { Attributes, OpName } from './ops/ops.js';
import type { TensorType } from './tensor-type.js';

export { sizeOf, type DataType, type Shape, type TensorType } from './tensor-type.js';

/** A node's place in its graph. */
export type NodeId = number;

/** A node of one operation: it has one result. */
export interface NodeOf<K extends OpName> extends TensorType {
  readonly op: K;
  /** Its operands. */
  readonly inputs: readonly NodeId[];
  readonly attrs: Attributes[K];
}

export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/**
 * A pure function of tensors as plain data, for whoever runs it. Images are [n, h, w, c], filters [h, w, in, out].
 *
 * Operands stand before what uses them. Any node may be an output, inputs and constants too, and one more than once: each output is a
 * tensor of its own.
 */
export interface Graph {
  readonly nodes: readonly Node[];
  /** The nodes of op `input`, in the order of the function's arguments. */
  readonly inputs: readonly NodeId[];
  readonly outputs: readonly NodeId[];
}

/** The node at a place. */
export function nodeAt(graph: Pick<Graph, 'nodes'>, id: NodeId): Node {
  const node = graph.nodes[id];
  if (node === undefined) throw new RangeError(`graph: expected one of ${graph.nodes.length} nodes, got %${id}`);
  return node;
}

/** Whether a node is of an operation. */
export const isOp = <K extends OpName>(node: Node, op: K): node is Extract<Node, NodeOf<K>> => node.op === op;
