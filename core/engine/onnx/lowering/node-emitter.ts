import { sizeOf, type DataType, type Shape } from '../../graph/graph.js';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../onnx-model.js';

/** Attributes in short: a whole number is an int, an array of numbers ints, a text a string. */
export type Attributes = Readonly<Record<string, number | string | readonly number[] | OnnxAttribute>>;

/** Collects the nodes of an ONNX graph; each name is the name of a value. */
export interface NodeEmitter {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Adds a node. @returns the name of its result */
  readonly emit: (op: string, inputs: readonly string[], attributes?: Attributes) => string;
  /** Adds a node of those operators of ONNX Runtime that take images in blocks of channels. @returns the name of its result */
  readonly emitBlocked: (op: string, inputs: readonly string[], attributes?: Attributes) => string;
  /** Adds a node of several results. @returns their names */
  readonly emitMany: (
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
  ) => readonly string[];
  /** Gives a value another name, when all that reads it has been added; that of an input or a constant, and a second one, are given to a copy. */
  readonly rename: (value: string, name: string) => void;
  /** A constant; small ones that are equal are one. */
  readonly constant: (tensor: OnnxTensor) => string;
  /** A constant of its own name, whose values may be replaced later. */
  readonly weight: (name: string, tensor: OnnxTensor) => string;
  /** A vector of int64: shapes, axes, indices. */
  readonly integers: (values: readonly number[]) => string;
  /** One number without axes. */
  readonly scalar: (value: number, dtype?: DataType) => string;
  /** The same elements in another shape. */
  readonly reshape: (value: string, shape: Shape) => string;
}

/** Where ONNX Runtime has its operators on images in blocks of channels (NCHWc); it makes them itself only of convolutions with constant filters. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Up to this many elements a constant is looked up before another is added. */
const SHARED_ELEMENTS = 64;

/** Numbers of TensorProto.DataType, as Cast takes them. */
export const CAST_TO: Readonly<Record<DataType | 'int64', number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

const SCALARS: Readonly<Record<DataType, (value: number) => ArrayBufferView>> = {
  float32: (value) => Float32Array.of(value),
  int32: (value) => Int32Array.of(value),
  bool: (value) => Uint8Array.of(value),
};

export function nodeEmitter(): NodeEmitter {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const shared = new Map<string, string>();
  const renamed = new Map<string, string>();
  let count = 0;

  const add = (
    node: Pick<OnnxNode, 'op' | 'domain' | 'inputs'>,
    attributes: Attributes,
    outputCount: number,
  ): readonly string[] => {
    const outputs = Array.from({ length: outputCount }, () => `${node.op}_${count++}`);
    const full = Object.entries(attributes).map(([name, value]) => [name, attribute(value)] as const);
    nodes.push({ ...node, outputs, attributes: Object.fromEntries(full) });
    return outputs;
  };
  const emitMany: NodeEmitter['emitMany'] = (op, inputs, attributes, outputCount) =>
    add({ op, inputs }, attributes, outputCount);
  const emitBlocked: NodeEmitter['emitBlocked'] = (op, inputs, attributes = {}) =>
    add({ op, domain: BLOCKED_DOMAIN, inputs }, attributes, 1).join();
  const emit: NodeEmitter['emit'] = (op, inputs, attributes = {}) => emitMany(op, inputs, attributes, 1).join();
  const constant: NodeEmitter['constant'] = (tensor) => {
    const key = sizeOf(tensor.shape) > SHARED_ELEMENTS ? undefined : keyOf(tensor);
    const known = key === undefined ? undefined : shared.get(key);
    if (known !== undefined) return known;
    const name = `constant_${count++}`;
    initializers.set(name, tensor);
    if (key !== undefined) shared.set(key, name);
    return name;
  };
  const integers: NodeEmitter['integers'] = (values) =>
    constant({ type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  return {
    nodes,
    initializers,
    emit,
    emitMany,
    emitBlocked,
    rename: (value, name) => {
      const index = renamed.has(value) ? -1 : nodes.findIndex(({ outputs }) => outputs.includes(value));
      if (index < 0) {
        nodes.push({ op: 'Identity', inputs: [renamed.get(value) ?? value], outputs: [name] });
        return;
      }
      renamed.set(value, name);
      const other = (names: readonly string[]) => names.map((each) => (each === value ? name : each));
      for (const [i, node] of nodes.entries())
        if (i >= index) nodes[i] = { ...node, inputs: other(node.inputs), outputs: other(node.outputs) };
    },
    constant,
    weight: (name, tensor) => {
      initializers.set(name, tensor);
      return name;
    },
    integers,
    scalar: (value, dtype = 'float32') => constant({ type: dtype, shape: [], data: SCALARS[dtype](value) }),
    // ONNX' Reshape reads 0 as the operand's own extent unless told that it means none.
    reshape: (value, shape) => emit('Reshape', [value, integers(shape)], { allowzero: 1 }),
  };
}

function attribute(value: Attributes[string]): OnnxAttribute {
  if (typeof value === 'number') return { int: value };
  if (typeof value === 'string') return { string: value };
  return isNumbers(value) ? { ints: value } : value;
}

const isNumbers = (value: readonly number[] | OnnxAttribute): value is readonly number[] => Array.isArray(value);

function keyOf({ type, shape, data }: OnnxTensor): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return `${type} ${shape.join(',')} ${bytes.toString('latin1')}`;
}
