import { DomainError, messageOf } from '../../errors.js';
import {
  nodeAt,
  type DataType,
  type Graph,
  type Node,
  type NodeId,
  type NodeOf,
  type Shape,
  type TensorType,
} from './graph.js';
import type { OpDefinition } from './ops/op-definition.js';
import { OPS, type Attributes, type OpName } from './ops/ops.js';
import type { Values } from './ops/sources.js';

/** A graph that grows node by node; every node's type is checked as it is added. */
export interface GraphBuilder {
  readonly nodes: readonly Node[];
  /** @throws internal, naming the operation, where operands or attributes do not fit */
  add<K extends OpName>(op: K, inputs: readonly NodeId[], attrs: Attributes[K]): NodeId;
  input(name: string, type: TensorType): NodeId;
  constant(values: Values, shape: Shape, dtype: DataType): NodeId;
  /** A float32 constant whose elements are all equal. */
  fill(value: number, shape: Shape): NodeId;
  typeOf(id: NodeId): TensorType;
  finish(outputs: readonly NodeId[]): Graph;
}

export function graphBuilder(): GraphBuilder {
  const nodes: Node[] = [];
  const inputs: NodeId[] = [];
  const add = <K extends OpName>(op: K, operands: readonly NodeId[], attrs: Attributes[K]): NodeId => {
    const type = inferType(
      op,
      operands.map((id) => nodeAt({ nodes }, id)),
      attrs,
    );
    const node: NodeOf<K> = { op, inputs: operands, attrs, shape: type.shape, dtype: type.dtype };
    nodes.push(node as unknown as Node);
    return nodes.length - 1;
  };
  const builder: GraphBuilder = {
    nodes,
    add,
    input: (name, { shape, dtype }) => {
      const id = add('input', [], { name, shape, dtype });
      inputs.push(id);
      return id;
    },
    constant: (values, shape, dtype) => add('constant', [], { values: uniform(values), shape, dtype }),
    fill: (value, shape) => add('constant', [], { values: Float32Array.of(value), shape, dtype: 'float32' }),
    typeOf: (id) => nodeAt({ nodes }, id),
    finish: (outputs) => ({ nodes, inputs, outputs }),
  };
  return builder;
}

/** The type of an operation's result. @throws internal, naming the operation, where operands or attributes do not fit */
export function inferType<K extends OpName>(op: K, inputs: readonly TensorType[], attrs: Attributes[K]): TensorType {
  const { arity, infer }: OpDefinition<Attributes[K]> = OPS[op];
  if (arity === 'any' ? inputs.length === 0 : inputs.length !== arity)
    throw new DomainError('internal', `graph: ${op}: expected ${arity} operands, got ${inputs.length}`);
  try {
    return infer(inputs, attrs);
  } catch (error) {
    throw new DomainError('internal', `graph: ${op}: ${messageOf(error)}`);
  }
}

/** One value for all where they are equal. */
function uniform(values: Values): Values {
  const first = values[0];
  return values.length > 1 && values.every((value) => Object.is(value, first)) ? values.slice(0, 1) : values;
}
