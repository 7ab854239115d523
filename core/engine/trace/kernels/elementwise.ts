import type { AddNInputs, CastAttrs, ClipByValueAttrs, StepAttrs } from '@tensorflow/tfjs-core';
import type { ArithmeticOp, ComparisonOp, LogicalOp, UnaryOp } from '../../graph/ops/elementwise.js';
import { numericType } from '../trace-backend.js';
import { traced, type TracedKernel, type TracedKernels } from './traced-kernel.js';

const UNARY: Readonly<Record<string, UnaryOp>> = {
  Abs: 'abs',
  Ceil: 'ceil',
  Cos: 'cos',
  Elu: 'elu',
  Erf: 'erf',
  Exp: 'exp',
  Floor: 'floor',
  Log: 'log',
  Neg: 'neg',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Round: 'round',
  Rsqrt: 'rsqrt',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Sin: 'sin',
  Softplus: 'softplus',
  Sqrt: 'sqrt',
  Tan: 'tan',
  Tanh: 'tanh',
};

const BINARY: Readonly<Record<string, ArithmeticOp | ComparisonOp | LogicalOp>> = {
  Add: 'add',
  Sub: 'sub',
  Multiply: 'mul',
  RealDiv: 'div',
  Maximum: 'maximum',
  Minimum: 'minimum',
  Pow: 'pow',
  Equal: 'equal',
  NotEqual: 'notEqual',
  Greater: 'greater',
  GreaterEqual: 'greaterEqual',
  Less: 'less',
  LessEqual: 'lessEqual',
  LogicalAnd: 'logicalAnd',
  LogicalOr: 'logicalOr',
};

const mapped = <Op>(names: Readonly<Record<string, Op>>, kernel: (op: Op) => TracedKernel): TracedKernels =>
  Object.fromEntries(Object.entries(names).map(([name, op]) => [name, kernel(op)]));

export const ELEMENTWISE_KERNELS: TracedKernels = {
  ...mapped(UNARY, (op) => traced(({ graph, input }) => graph.add(op, [input('x')], {}))),
  ...mapped(BINARY, (op) => traced(({ graph, input }) => graph.add(op, [input('a'), input('b')], {}))),

  AddN: traced<AddNInputs>(({ graph, list }) => list.reduce((sum, term) => graph.add('add', [sum, term], {}))),

  Cast: traced<CastAttrs>(({ graph, input, attrs }) =>
    graph.add('cast', [input('x')], { dtype: numericType(attrs.dtype) }),
  ),

  ClipByValue: traced<ClipByValueAttrs>(({ graph, input, attrs }) =>
    graph.add('clip', [input('x')], { lower: attrs.clipValueMin, upper: attrs.clipValueMax }),
  ),

  LogicalNot: traced(({ graph, input }) => graph.add('logicalNot', [input('x')], {})),

  Relu6: traced(({ graph, input }) => graph.add('clip', [input('x')], { lower: 0, upper: 6 })),

  Select: traced(({ graph, input, type }) => {
    // A condition of one axis chooses rows.
    const [condition, values] = [type('condition'), type('t')];
    const rows = condition.shape.length === 1 && values.shape.length > 1;
    const shape = [condition.shape[0] ?? 1, ...Array<number>(values.shape.length - 1).fill(1)];
    const chosen = rows ? graph.add('reshape', [input('condition')], { shape }) : input('condition');
    return graph.add('select', [chosen, input('t'), input('e')], {});
  }),

  Square: traced(({ graph, input }) => graph.add('mul', [input('x'), input('x')], {})),

  SquaredDifference: traced(({ graph, input }) => {
    const difference = graph.add('sub', [input('a'), input('b')], {});
    return graph.add('mul', [difference, difference], {});
  }),

  /** 1 where x > 0, α elsewhere; NaN stays. */
  Step: traced<StepAttrs>(({ graph, input, type, attrs }) => {
    const { shape } = type('x');
    const step = graph.add(
      'select',
      [
        graph.add('greater', [input('x'), graph.fill(0, shape)], {}),
        graph.fill(1, shape),
        graph.fill(attrs.alpha, shape),
      ],
      {},
    );
    return step;
  }),
};
