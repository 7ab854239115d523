import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../../errors.js';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from '../onnx-model.js';

/** What the free dimension is called. */
export const BATCH = 'batch';

/** The same function as a graph for one batch size. */
export interface GraphAtBatch {
  readonly batch: number;
  readonly graph: OnnxGraph;
}

/** A vector of int64 that depends on the batch size n: `slope` · n + `offset`. */
interface Extents {
  readonly slope: readonly number[];
  readonly offset: readonly number[];
}

/** Where the shape stands among the inputs of Reshape. */
const RESHAPE_SHAPE = 1;

/**
 * One graph for any batch size from two graphs of the same function: where they differ is what depends on the batch size. In the shapes of inputs
 * and outputs that is a dimension named `batch`, in constants of int64 (shapes, ends of slices) numbers that are computed from the first input
 * that has such a dimension, or where one is enough -1.
 *
 * @throws internal naming what else differs
 */
export function freeBatch(one: GraphAtBatch, other: GraphAtBatch): OnnxGraph {
  const free = one.graph.inputs.map((value, index) => freed(value, other.graph.inputs[index], one, other));
  const outputs = one.graph.outputs.map((value, index) => freed(value, other.graph.outputs[index], one, other));
  const nodes = one.graph.nodes.map((node, index) => {
    if (!isDeepStrictEqual(node, other.graph.nodes[index])) throw depends(`node ${index}, ${node.op}`);
    return node;
  });
  if (nodes.length !== other.graph.nodes.length) throw depends('the number of nodes');
  const fixed = new Map<string, OnnxTensor>();
  const dependent = new Map<string, Extents>();
  for (const [name, tensor] of one.graph.initializers) {
    const counterpart = other.graph.initializers.get(name);
    if (isDeepStrictEqual(tensor, counterpart)) fixed.set(name, tensor);
    else dependent.set(name, extentsOf(name, tensor, counterpart, one.batch, other.batch));
  }
  return withExtents({ ...one.graph, inputs: free, outputs, nodes, initializers: fixed }, dependent);
}

function freed(
  value: OnnxValueInfo,
  counterpart: OnnxValueInfo | undefined,
  one: GraphAtBatch,
  other: GraphAtBatch,
): OnnxValueInfo {
  const shape = value.shape.map((extent, axis) => {
    const otherExtent = counterpart?.shape[axis];
    if (extent === otherExtent) return extent;
    if (extent !== one.batch || otherExtent !== other.batch) throw depends(`axis ${axis} of ${value.name}`);
    return BATCH;
  });
  if (value.name !== counterpart?.name || value.shape.length !== counterpart.shape.length) throw depends(value.name);
  return { ...value, shape };
}

/** The line through two points, for each number. */
function extentsOf(
  name: string,
  { type, data }: OnnxTensor,
  counterpart: OnnxTensor | undefined,
  batch: number,
  otherBatch: number,
): Extents {
  if (!(data instanceof BigInt64Array && counterpart?.data instanceof BigInt64Array))
    throw depends(`the constant ${name} of ${type}`);
  const values = Array.from(data, Number);
  const others = Array.from(counterpart.data, Number);
  const slope = values.map((value, index) => (value - (others[index] ?? NaN)) / (batch - otherBatch));
  const offset = values.map((value, index) => value - (slope[index] ?? NaN) * batch);
  if (values.length !== others.length || ![...slope, ...offset].every(Number.isSafeInteger))
    throw depends(`the constant ${name}, which is no multiple of it,`);
  return { slope, offset };
}

/** Writes constants that depend on the batch size as what they are computed from. */
function withExtents(graph: OnnxGraph, dependent: ReadonlyMap<string, Extents>): OnnxGraph {
  const initializers = new Map(graph.initializers);
  const computed = new Set<string>();
  const add = (name: string, values: readonly number[]): string => {
    initializers.set(name, { type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  };
  const nodes = graph.nodes.map((node): OnnxNode => {
    const inputs = node.inputs.map((name, place) => {
      const extents = dependent.get(name);
      if (extents === undefined) return name;
      const inferred = inferredShape(extents);
      if (node.op === 'Reshape' && place === RESHAPE_SHAPE && inferred !== undefined)
        return add(`${name}_inferred`, inferred);
      computed.add(name);
      return name;
    });
    return { ...node, inputs };
  });
  if (computed.size === 0) return { ...graph, nodes, initializers };

  const source = graph.inputs.find(({ shape }) => shape[0] === BATCH);
  if (source === undefined) throw depends('a graph none of whose inputs has a batch');
  const first: OnnxNode[] = [
    {
      op: 'Shape',
      inputs: [source.name],
      outputs: ['batch_size'],
      attributes: { start: { int: 0 }, end: { int: 1 } },
    },
  ];
  for (const name of computed) {
    const { slope = [], offset = [] } = dependent.get(name) ?? {};
    const isMultiple = offset.every((value) => value === 0);
    const multiple = isMultiple ? name : `${name}_multiple`;
    first.push({ op: 'Mul', inputs: ['batch_size', add(`${name}_slope`, slope)], outputs: [multiple] });
    if (!isMultiple) first.push({ op: 'Add', inputs: [multiple, add(`${name}_offset`, offset)], outputs: [name] });
  }
  return { ...graph, nodes: [...first, ...nodes], initializers };
}

/** A shape with -1 for its only extent that depends on the batch size, if there is one such, which follows from the other extents. */
function inferredShape({ slope, offset }: Extents): readonly number[] | undefined {
  const free = slope.filter((value) => value !== 0).length;
  return free === 1 && !offset.some((value, index) => value === 0 && slope[index] === 0)
    ? offset.map((value, index) => (slope[index] === 0 ? value : -1))
    : undefined;
}

const depends = (what: string): DomainError =>
  new DomainError('internal', `engine onnx: export: expected only extents to depend on the batch size, got ${what}`);
