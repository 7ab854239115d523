import { isOp, sizeOf, type DataType, type Node, type NodeId } from '../graph.js';
import type { Attributes, OpName } from '../ops/ops.js';
import type { Values } from '../ops/sources.js';
import type { Rewriting, Rule } from './rewriting.js';

/** The value of all elements of a constant; undefined where they differ, or it is none. */
export function uniformValue(node: Node): number | undefined {
  return isOp(node, 'constant') && node.attrs.values.length === 1 ? node.attrs.values[0] : undefined;
}

/** Whether a node is a constant whose elements are all equal to a value. */
export const isUniform = (node: Node, value: number): boolean => uniformValue(node) === value;

/** Elementwise functions of numbers; what is not here is left to the engines. */
const UNARY: Partial<Record<OpName, (x: number) => number>> = {
  abs: Math.abs,
  neg: (x) => -x,
  relu: (x) => Math.max(x, 0),
  logicalNot: (x) => (x === 0 ? 1 : 0),
  sqrt: (x) => Math.sqrt(x),
};

const BINARY: Partial<Record<OpName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  logicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  logicalOr: (a, b) => Number(a !== 0 || b !== 0),
};

const REARRANGING: readonly OpName[] = ['reshape', 'transpose', 'broadcastTo', 'tile', 'slice', 'reverse'];

const one = (value: number, dtype: DataType): Values => {
  if (dtype === 'float32') return Float32Array.of(value);
  return dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value === 0 ? 0 : 1);
};

const constant = (rewriting: Rewriting, values: Values, { shape, dtype }: Pick<Node, 'shape' | 'dtype'>): NodeId =>
  rewriting.add('constant', [], { values, shape, dtype } satisfies Attributes['constant']);

/** Computes constants of constants. */
export const foldConstants: Rule = (node, rewriting) => {
  const operands = node.inputs.map((id) => rewriting.node(id));
  if (operands.length === 0 || !operands.every(({ op }) => op === 'constant')) return undefined;
  const values = operands.map(uniformValue);
  const [a, b] = values;
  if (a === undefined || values.includes(undefined)) return foldElements(node, rewriting, operands);
  // Integers of an engine overflow and divide in ways of their own.
  if (operands.some(({ dtype }) => dtype === 'int32') && node.op !== 'cast' && !REARRANGING.includes(node.op))
    return undefined;
  const unary = UNARY[node.op];
  if (unary !== undefined) return constant(rewriting, one(unary(a), node.dtype), node);
  const binary = BINARY[node.op];
  if (binary !== undefined && b !== undefined) return constant(rewriting, one(binary(a, b), node.dtype), node);
  if (isOp(node, 'cast')) return constant(rewriting, one(node.dtype === 'int32' ? Math.trunc(a) : a, node.dtype), node);
  if (isOp(node, 'clip')) {
    const { lower, upper } = node.attrs;
    return constant(rewriting, one(Math.min(Math.max(a, lower), upper), node.dtype), node);
  }
  if (REARRANGING.includes(node.op)) return constant(rewriting, one(a, node.dtype), node);
  if (node.op === 'concat' && new Set(values).size === 1) return constant(rewriting, one(a, node.dtype), node);
  return undefined;
};

/** Constants whose elements differ: what keeps their order. */
function foldElements(node: Node, rewriting: Rewriting, operands: readonly Node[]): NodeId | undefined {
  const [only] = operands;
  if (!isOp(node, 'reshape') || only === undefined || !isOp(only, 'constant')) return undefined;
  return only.attrs.values.length === sizeOf(node.shape) ? constant(rewriting, only.attrs.values, node) : undefined;
}
