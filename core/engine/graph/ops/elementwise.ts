import type { DataType } from '../tensor-type.js';
import { broadcastShape } from './broadcast.js';
import {
  expect,
  expectTypes,
  operand,
  type Definitions,
  type NoAttributes,
  type OpDefinition,
} from './op-definition.js';

/** Of each element by itself; float32, `abs`, `neg` and `sign` also int32. */
export const UNARY_OPS = [
  'abs',
  'ceil',
  'cos',
  'elu',
  'erf',
  'exp',
  'floor',
  'log',
  'neg',
  'reciprocal',
  'relu',
  /** Halves to even. */
  'round',
  'rsqrt',
  'sigmoid',
  'sign',
  'sin',
  /** log(1 + eˣ). */
  'softplus',
  'sqrt',
  'tan',
  'tanh',
] as const;
export type UnaryOp = (typeof UNARY_OPS)[number];

/** Of two broadcast tensors of one numeric type. */
export const ARITHMETIC_OPS = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow'] as const;
export type ArithmeticOp = (typeof ARITHMETIC_OPS)[number];

/** Of two broadcast tensors of one numeric type; bool. */
export const COMPARISON_OPS = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const;
export type ComparisonOp = (typeof COMPARISON_OPS)[number];

/** Of two broadcast bool tensors; bool. */
export const LOGICAL_OPS = ['logicalAnd', 'logicalOr'] as const;
export type LogicalOp = (typeof LOGICAL_OPS)[number];

export type ElementwiseAttributes = Record<UnaryOp | ArithmeticOp | ComparisonOp | LogicalOp, NoAttributes> & {
  readonly logicalNot: NoAttributes;
  /** Conversion: to bool is ≠ 0, from bool 0 or 1, float32 to int32 cuts off. */
  readonly cast: { readonly dtype: DataType };
  /** min(max(x, lower), upper), float32. */
  readonly clip: { readonly lower: number; readonly upper: number };
  /** (bool c, a, b): a where c, else b; all broadcast. */
  readonly select: NoAttributes;
};

const unary: OpDefinition<NoAttributes> = {
  arity: 1,
  infer: (inputs) => {
    expectTypes(inputs, 'float32', 'int32');
    return operand(inputs, 0);
  },
};

const binary = (operands: readonly DataType[], result?: DataType): OpDefinition<NoAttributes> => ({
  arity: 2,
  infer: (inputs) => {
    expectTypes(inputs, ...operands);
    const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
    expect(a.dtype === b.dtype, 'operands of one type', [a.dtype, b.dtype]);
    return { shape: broadcastShape(a.shape, b.shape), dtype: result ?? a.dtype };
  },
});

const all = <K extends string>(ops: readonly K[], definition: OpDefinition<NoAttributes>) =>
  Object.fromEntries(ops.map((op) => [op, definition])) as Record<K, OpDefinition<NoAttributes>>;

export const ELEMENTWISE: Definitions<ElementwiseAttributes> = {
  ...all(UNARY_OPS, unary),
  ...all(ARITHMETIC_OPS, binary(['float32', 'int32'])),
  ...all(COMPARISON_OPS, binary(['float32', 'int32', 'bool'], 'bool')),
  ...all(LOGICAL_OPS, binary(['bool'])),
  logicalNot: {
    arity: 1,
    infer: (inputs) => {
      expectTypes(inputs, 'bool');
      return operand(inputs, 0);
    },
  },
  cast: { arity: 1, infer: (inputs, { dtype }) => ({ shape: operand(inputs, 0).shape, dtype }) },
  clip: {
    arity: 1,
    infer: (inputs) => {
      expectTypes(inputs, 'float32');
      return operand(inputs, 0);
    },
  },
  select: {
    arity: 3,
    infer: (inputs) => {
      const [condition, a, b] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
      expect(condition.dtype === 'bool', 'a bool condition', condition.dtype);
      expect(a.dtype === b.dtype, 'values of one type', [a.dtype, b.dtype]);
      return { shape: broadcastShape(condition.shape, a.shape, b.shape), dtype: a.dtype };
    },
  },
};
