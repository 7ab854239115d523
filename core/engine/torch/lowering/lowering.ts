import type { Node, NodeId, NodeOf } from '../../graph/graph.js';
import type { OpName } from '../../graph/ops/ops.js';
import type { Slot, StepAttributes } from '../torch-program.js';

/** The operations that become instructions; the others are where a program begins. */
export type LoweredOp = Exclude<OpName, 'input' | 'constant'>;

/** What a lowering may use. */
export interface Emitter {
  /** The slots of a node's operands. */
  operands(node: Pick<Node, 'inputs'>): Slot[];
  /** A node's own type and operation. */
  nodeOf(id: NodeId): Node;
  /** Adds an instruction of one result, unless the same one on the same operands is there already. @returns the result's slot */
  step(instruction: string, operands: readonly Slot[], attributes?: StepAttributes): Slot;
  /** The same for an instruction of several results. */
  steps(instruction: string, operands: readonly Slot[], attributes: StepAttributes, results: number): readonly Slot[];
}

/** Says one node in instructions. @returns the slot of its result */
export type Lowering<K extends OpName> = (node: NodeOf<K>, emitter: Emitter) => Slot;

/** Lowerings of a family of operations. */
export type Lowerings<K extends OpName> = { readonly [Op in K]: Lowering<Op> };

/** The instruction of the operation's own name, with the attributes made of the node's. */
export function direct<K extends OpName>(attributes: (node: NodeOf<K>) => StepAttributes): Lowering<K> {
  return (node, emitter) => emitter.step(node.op, emitter.operands(node), attributes(node));
}

/** The instruction of the operation's own name, without attributes. */
export const plain: Lowering<OpName> = (node, emitter) => emitter.step(node.op, emitter.operands(node));
