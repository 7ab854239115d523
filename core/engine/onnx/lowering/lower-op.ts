import type { Graph, NodeId, NodeOf, Shape, TensorType } from '../../graph/graph.js';
import type { OpName } from '../../graph/ops/ops.js';
import type { LaidOut } from './blocked.js';
import type { Layout } from './layout.js';
import type { NodeEmitter } from './node-emitter.js';

/** What the lowering of an operation may use. Values are known by the names that they have in the ONNX graph. */
export interface Lowering {
  readonly graph: Graph;
  readonly out: NodeEmitter;
  /** How many channels are a block; undefined where only the standard's operators may be used. */
  readonly block: number | undefined;
  /** The layout in which a node is computed. */
  readonly layoutOf: (id: NodeId) => Layout;
  /** A node's value in a layout; without one, as the graph states it. */
  readonly read: (id: NodeId, layout?: Layout) => string;
  /** A node's value in such a shape and layout that it broadcasts to a result of the graph's shape that is computed in a layout. */
  readonly readBroadcast: (id: NodeId, layout: Layout, resultShape: Shape) => string;
  /** A node's value with its axes permuted: axis i of the result is axis `permutation[i]`. */
  readonly readTransposed: (id: NodeId, permutation: readonly number[]) => string;
  /** A value of the graph's type in another layout than it is in. */
  readonly inLayout: (images: LaidOut, type: TensorType, layout: Layout) => string;
  /** What was made for this key before, or is made now. */
  readonly once: <T>(key: string, make: () => T) => T;
}

/** Lowers one node, whose operands have been. @returns the name of its value in the layout that it is computed in */
export type LowerOp<K extends OpName> = (node: NodeOf<K>, lowering: Lowering, layout: Layout) => string;

/** How the operations of a family are lowered. */
export type Lowerings<Family> = { readonly [K in keyof Family & OpName]: LowerOp<K> };

/** The operand at a place; arity was checked when the graph was made. */
export function operandOf(node: { readonly inputs: readonly NodeId[] }, index: number): NodeId {
  const id = node.inputs[index];
  if (id === undefined) throw new RangeError(`graph: expected operand ${index}, got ${node.inputs.length}`);
  return id;
}
