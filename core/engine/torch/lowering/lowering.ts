import type { Node, NodeId, NodeOf } from '../../graph/graph.js';
import type { OpName } from '../../graph/ops/ops.js';
import type { Slot, StepAttributes } from '../torch-program.js';

/** The operations that become instructions; the others are where a program begins. */
export type LoweredOp = Exclude<OpName, 'input' | 'constant'>;

/** Where a program will run, as far as it matters for which instructions are best. */
export interface Target {
  readonly device: 'cpu' | 'cuda';
  /** Whether convolutions and products are in float32. */
  readonly float32: boolean;
}

/** What a lowering may use. */
export interface Emitter {
  readonly target: Target;
  slotOf(id: NodeId): Slot;
  /** The slots of a node's operands. */
  operands(node: Pick<Node, 'inputs'>): Slot[];
  nodeOf(id: NodeId): Node;
  /** The nodes that a node is an operand of, once for each time; an output of the graph has a further user, undefined. */
  usersOf(id: NodeId): readonly (NodeId | undefined)[];
  /** Adds an instruction of one result, unless the same one on the same operands is there already. @returns the result's slot */
  step(instruction: string, operands: readonly Slot[], attributes?: StepAttributes): Slot;
  /** The same for an instruction of several results. */
  steps(instruction: string, operands: readonly Slot[], attributes: StepAttributes, results: number): readonly Slot[];
}

/** Says one node in instructions. @returns the slot of its result */
export type Lowering<K extends OpName> = (node: NodeOf<K>, emitter: Emitter) => Slot;

/** Lowerings of a family of operations. */
export type Lowerings<K extends OpName> = { readonly [Op in K]: Lowering<Op> };

/**
 * Says a node and operands of it in one instruction, where that is faster. The operands have been said by themselves before: what nobody else
 * uses of that is left out in the end.
 *
 * @returns the slot of the node's result; undefined where it does not apply
 */
export type Fusion<K extends OpName> = (node: NodeOf<K>, emitter: Emitter) => Slot | undefined;

/** Fusions of some operations, by the last one of what they fuse. */
export type Fusions = { readonly [Op in LoweredOp]?: Fusion<Op> };

/** The instruction of the operation's own name, with the attributes made of the node's. */
export function direct<K extends OpName>(attributes: (node: NodeOf<K>) => StepAttributes): Lowering<K> {
  return (node, emitter) => emitter.step(node.op, emitter.operands(node), attributes(node));
}

/** The instruction of the operation's own name, without attributes. */
export const plain: Lowering<OpName> = (node, emitter) => emitter.step(node.op, emitter.operands(node));
