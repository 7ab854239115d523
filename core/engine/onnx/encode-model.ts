import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { DomainError } from '../../errors.js';
import {
  byteLengthOf,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxUntyped,
  type OnnxUntypedGraph,
  type OnnxValueInfo,
} from './onnx-model.js';

/** The set of operators of all that is written here: the first with Col2Im, so that also runtimes of 2023 read it. */
export const OPSET = 18;
/** The version of the file format that came with that set. */
const IR_VERSION = 8;

/** Numbers of TensorProto.DataType. */
const TYPE_NUMBER: Readonly<Record<OnnxType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** Numbers of AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const;

/** Numbers of the fields of each message of onnx.proto that is written. */
const FIELD = {
  model: { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 },
  opset: { domain: 1, version: 2 },
  entry: { key: 1, value: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, float: 2, int: 3, string: 4, tensor: 5, graph: 6, floats: 7, ints: 8, type: 20 },
  tensor: { dims: 1, type: 2, name: 8, raw: 9 },
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { value: 1, parameter: 2 },
} as const;

/** Writes a model as an ONNX file. The same model gives the same bytes. */
export function encodeModel({ graph, metadata = {} }: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  integer(writer, FIELD.model.irVersion, IR_VERSION);
  text(writer, FIELD.model.producer, 'maxmargin');
  message(writer, FIELD.model.graph, () => {
    writeGraph(writer, graph);
  });
  message(writer, FIELD.model.opset, () => {
    integer(writer, FIELD.opset.version, OPSET);
  });
  for (const domain of domainsOf(graph))
    message(writer, FIELD.model.opset, () => {
      text(writer, FIELD.opset.domain, domain);
      integer(writer, FIELD.opset.version, 1);
    });
  for (const [key, value] of Object.entries(metadata))
    message(writer, FIELD.model.metadata, () => {
      text(writer, FIELD.entry.key, key);
      text(writer, FIELD.entry.value, value);
    });
  return writer.finish();
}

/**
 * Initializers as a part of an ONNX file, to be appended to an encoded model: parts of a message are read as one. So a model whose weights change is
 * encoded but once, and the weights are copied but once.
 */
export function encodeInitializers(initializers: ReadonlyMap<string, OnnxTensor>): readonly Uint8Array[] {
  const parts = [...initializers].flatMap(([name, tensor]) => {
    const head = new BinaryWriter();
    writeTensorHead(head, tensor, name);
    head.tag(FIELD.tensor.raw, WireType.LengthDelimited).uint32(tensor.data.byteLength);
    const headBytes = head.finish();
    const begin = new BinaryWriter().tag(FIELD.graph.initializer, WireType.LengthDelimited);
    return [begin.uint32(headBytes.length + tensor.data.byteLength).finish(), headBytes, bytesOf(tensor)];
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [new BinaryWriter().tag(FIELD.model.graph, WireType.LengthDelimited).uint32(length).finish(), ...parts];
}

/** The domains of a graph's nodes besides the standard one. */
const domainsOf = ({ nodes }: OnnxUntypedGraph): ReadonlySet<string> =>
  new Set(nodes.flatMap(({ domain }) => (domain === undefined ? [] : [domain])));

function writeGraph(writer: BinaryWriter, graph: OnnxUntypedGraph): void {
  for (const [index, node] of graph.nodes.entries())
    message(writer, FIELD.graph.node, () => {
      writeNode(writer, node, index);
    });
  text(writer, FIELD.graph.name, graph.name);
  for (const [name, tensor] of graph.initializers)
    message(writer, FIELD.graph.initializer, () => {
      writeTensor(writer, tensor, name);
    });
  for (const value of graph.inputs) writeValue(writer, FIELD.graph.input, value);
  for (const value of graph.outputs) writeValue(writer, FIELD.graph.output, value);
}

function writeNode(
  writer: BinaryWriter,
  { op, domain, inputs, outputs, attributes = {} }: OnnxNode,
  index: number,
): void {
  for (const input of inputs) text(writer, FIELD.node.input, input);
  for (const output of outputs) text(writer, FIELD.node.output, output);
  // The index, so that a message of the runtime's leads to a node.
  text(writer, FIELD.node.name, `${op} ${index}`);
  text(writer, FIELD.node.op, op);
  if (domain !== undefined) text(writer, FIELD.node.domain, domain);
  for (const [name, attribute] of Object.entries(attributes))
    message(writer, FIELD.node.attribute, () => {
      text(writer, FIELD.attribute.name, name);
      writeAttribute(writer, attribute);
    });
}

function writeAttribute(writer: BinaryWriter, attribute: OnnxAttribute): void {
  const [kind] = Object.keys(attribute) as [keyof typeof ATTRIBUTE_TYPE];
  if ('float' in attribute) writer.tag(FIELD.attribute.float, WireType.Bit32).float(attribute.float);
  else if ('int' in attribute) integer(writer, FIELD.attribute.int, attribute.int);
  else if ('string' in attribute) text(writer, FIELD.attribute.string, attribute.string);
  else if ('tensor' in attribute)
    message(writer, FIELD.attribute.tensor, () => {
      writeTensor(writer, attribute.tensor);
    });
  else if ('graph' in attribute)
    message(writer, FIELD.attribute.graph, () => {
      writeGraph(writer, attribute.graph);
    });
  else if ('floats' in attribute)
    for (const value of attribute.floats) writer.tag(FIELD.attribute.floats, WireType.Bit32).float(value);
  else for (const value of attribute.ints) integer(writer, FIELD.attribute.ints, value);
  integer(writer, FIELD.attribute.type, ATTRIBUTE_TYPE[kind]);
}

function writeTensor(writer: BinaryWriter, tensor: OnnxTensor, name?: string): void {
  writeTensorHead(writer, tensor, name);
  writer.tag(FIELD.tensor.raw, WireType.LengthDelimited).bytes(bytesOf(tensor));
}

const bytesOf = ({ data }: OnnxTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** All but the elements. */
function writeTensorHead(writer: BinaryWriter, { type, shape, data }: OnnxTensor, name?: string): void {
  const expected = byteLengthOf(type, shape);
  if (data.byteLength !== expected) {
    const got = `${data.byteLength} for ${type} [${shape.join(', ')}]`;
    throw new DomainError('internal', `engine onnx: a constant: expected ${expected} bytes, got ${got}`);
  }
  for (const extent of shape) integer(writer, FIELD.tensor.dims, extent);
  integer(writer, FIELD.tensor.type, TYPE_NUMBER[type]);
  if (name !== undefined) text(writer, FIELD.tensor.name, name);
}

function writeValue(writer: BinaryWriter, field: number, value: OnnxValueInfo | OnnxUntyped): void {
  message(writer, field, () => {
    text(writer, FIELD.value.name, value.name);
    if ('type' in value) writeType(writer, value);
  });
}

function writeType(writer: BinaryWriter, { type, shape }: OnnxValueInfo): void {
  message(writer, FIELD.value.type, () => {
    message(writer, FIELD.type.tensor, () => {
      integer(writer, FIELD.tensorType.element, TYPE_NUMBER[type]);
      message(writer, FIELD.tensorType.shape, () => {
        for (const extent of shape)
          message(writer, FIELD.shape.dimension, () => {
            if (typeof extent === 'number') integer(writer, FIELD.dimension.value, extent);
            else text(writer, FIELD.dimension.parameter, extent);
          });
      });
    });
  });
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}
