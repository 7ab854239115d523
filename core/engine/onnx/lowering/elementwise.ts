import { nodeAt, type DataType, type NodeOf } from '../../graph/graph.js';
import { broadcastShape, sameShape } from '../../graph/ops/broadcast.js';
import type {
  ArithmeticOp,
  ComparisonOp,
  ElementwiseAttributes,
  LogicalOp,
  UnaryOp,
} from '../../graph/ops/elementwise.js';
import type { OpName } from '../../graph/ops/ops.js';
import { uniformValue } from '../../graph/simplify/constants.js';
import type { Layout } from './layout.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';
import { CAST_TO } from './node-emitter.js';

type ElementwiseOp = keyof ElementwiseAttributes & OpName;

/** One ONNX operator of the same operand. */
const unary =
  (op: string): LowerOp<UnaryOp | 'logicalNot'> =>
  (node, lowering, layout) =>
    lowering.out.emit(op, [lowering.read(operandOf(node, 0), layout)]);

/** One ONNX operator of the same two operands, broadcast. */
const binary =
  (op: string): LowerOp<ArithmeticOp | ComparisonOp | LogicalOp> =>
  (node, lowering, layout) =>
    lowering.out.emit(op, readAll(node, lowering, layout));

/** A comparison, which ONNX knows of numbers alone. */
const ordered =
  (op: string): LowerOp<ComparisonOp> =>
  (node, lowering, layout) => {
    const isBool = nodeAt(lowering.graph, operandOf(node, 0)).dtype === 'bool';
    const operands = readAll(node, lowering, layout);
    return lowering.out.emit(op, isBool ? operands.map((value) => cast(lowering, value, 'int32')) : operands);
  };

const notEqual: LowerOp<'notEqual'> = (node, lowering, layout) =>
  lowering.out.emit('Not', [lowering.out.emit('Equal', readAll(node, lowering, layout))]);

const rsqrt: LowerOp<'rsqrt'> = (node, lowering, layout) =>
  lowering.out.emit('Reciprocal', [lowering.out.emit('Sqrt', [lowering.read(operandOf(node, 0), layout)])]);

const clip: LowerOp<'clip'> = (node, lowering, layout) => {
  const { lower, upper } = node.attrs;
  const { out } = lowering;
  return out.emit('Clip', [lowering.read(operandOf(node, 0), layout), out.scalar(lower), out.scalar(upper)]);
};

const select: LowerOp<'select'> = (node, lowering, layout) => {
  const [condition = '', a = '', b = ''] = readAll(node, lowering, layout);
  if (node.dtype !== 'bool') return lowering.out.emit('Where', [condition, a, b]);
  // (c ∧ a) ∨ (¬c ∧ b): ONNX Runtime's Where takes no bool values.
  const { out } = lowering;
  const otherwise = out.emit('And', [out.emit('Not', [condition]), b]);
  return out.emit('Or', [out.emit('And', [condition, a]), otherwise]);
};

/** The operands of an elementwise node, each so that it broadcasts to the result; constants of equal elements as one number if the others have the shape. */
function readAll(node: NodeOf<ElementwiseOp>, lowering: Lowering, layout: Layout): readonly string[] {
  const shapes = node.inputs.map((id) => nodeAt(lowering.graph, id).shape);
  return node.inputs.map((id, index) => {
    const others = shapes.filter((_, other) => other !== index);
    const number = uniformValue(nodeAt(lowering.graph, id));
    if (number !== undefined && sameShape(broadcastShape(...others), node.shape))
      return lowering.out.scalar(number, nodeAt(lowering.graph, id).dtype);
    return lowering.readBroadcast(id, layout, node.shape);
  });
}

/** Converts a value: to bool is ≠ 0, from bool 0 or 1, float32 to int32 cuts off. */
export function cast({ out }: Lowering, value: string, dtype: DataType | 'int64'): string {
  return out.emit('Cast', [value], { to: CAST_TO[dtype] });
}

export const ELEMENTWISE_LOWERINGS: Lowerings<ElementwiseAttributes> = {
  abs: unary('Abs'),
  ceil: unary('Ceil'),
  cos: unary('Cos'),
  elu: unary('Elu'),
  erf: unary('Erf'),
  exp: unary('Exp'),
  floor: unary('Floor'),
  log: unary('Log'),
  neg: unary('Neg'),
  reciprocal: unary('Reciprocal'),
  relu: unary('Relu'),
  round: unary('Round'),
  rsqrt,
  sigmoid: unary('Sigmoid'),
  sign: unary('Sign'),
  sin: unary('Sin'),
  softplus: unary('Softplus'),
  sqrt: unary('Sqrt'),
  tan: unary('Tan'),
  tanh: unary('Tanh'),
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  maximum: binary('Max'),
  minimum: binary('Min'),
  pow: binary('Pow'),
  equal: binary('Equal'),
  notEqual,
  greater: ordered('Greater'),
  greaterEqual: ordered('GreaterOrEqual'),
  less: ordered('Less'),
  lessEqual: ordered('LessOrEqual'),
  logicalAnd: binary('And'),
  logicalOr: binary('Or'),
  logicalNot: unary('Not'),
  cast: (node, lowering, layout) => cast(lowering, lowering.read(operandOf(node, 0), layout), node.dtype),
  clip,
  select,
};
