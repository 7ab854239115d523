import {
  abs,
  add,
  all,
  any,
  argMax,
  argMin,
  avgPool,
  broadcastTo,
  cast,
  ceil,
  clipByValue,
  concat,
  conv2d,
  cos,
  div,
  elu,
  equal,
  erf,
  exp,
  floor,
  gather,
  grad,
  grads,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  matMul,
  max,
  maxPool,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  pad,
  pow,
  reciprocal,
  relu,
  reshape,
  reverse,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  slice,
  softplus,
  sqrt,
  sub,
  sum,
  tan,
  tanh,
  tensor,
  tile,
  transpose,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { nodeAt, sizeOf, type Graph, type NodeOf } from '../../core/engine/graph/graph.js';
import type { Attributes, OpName } from '../../core/engine/graph/ops/ops.js';
import type { Sliding } from '../../core/engine/graph/ops/windows.js';

/** What each operation means, in the words of TensorFlow.js: what engines and simplifications are held against. */
type Meaning<K extends OpName> = (operands: readonly Tensor[], attrs: Attributes[K], node: NodeOf<K>) => Tensor;

const of1 = (op: (x: Tensor) => Tensor) => (operands: readonly Tensor[]) => op(operands[0]!);
const of2 = (op: (a: Tensor, b: Tensor) => Tensor) => (operands: readonly Tensor[]) => op(operands[0]!, operands[1]!);

type Pads = [[number, number], [number, number], [number, number], [number, number]];
const pads = ({ padding: { top, bottom, left, right } }: Sliding): Pads => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];
const convolve = (x: Tensor, filter: Tensor, sliding: Sliding): Tensor =>
  conv2d(x as Tensor4D, filter as Tensor4D, [...sliding.strides], pads(sliding), 'NHWC', [...sliding.dilations]);

const pooled =
  (op: typeof maxPool) =>
  (x: Tensor, { size, strides, ...sliding }: Attributes['maxPool']): Tensor =>
    op(x as Tensor4D, [...size], [...strides], pads({ strides, ...sliding }));
const pooledMax = pooled(maxPool);
const pooledMean = pooled(avgPool);

const MEANINGS: { readonly [K in OpName]: Meaning<K> } = {
  input: () => assertNever(),
  constant: (_, { values, shape, dtype }) => {
    const whole = values.length === sizeOf(shape) ? values : Array<number>(sizeOf(shape)).fill(values[0] ?? 0);
    return tensor(Array.from(whole), [...shape], dtype);
  },
  abs: of1(abs),
  ceil: of1(ceil),
  cos: of1(cos),
  elu: of1(elu),
  erf: of1(erf),
  exp: of1(exp),
  floor: of1(floor),
  log: of1(log),
  neg: of1(neg),
  reciprocal: of1(reciprocal),
  relu: of1(relu),
  round: of1(round),
  rsqrt: of1(rsqrt),
  sigmoid: of1(sigmoid),
  sign: of1(sign),
  sin: of1(sin),
  softplus: of1(softplus),
  sqrt: of1(sqrt),
  tan: of1(tan),
  tanh: of1(tanh),
  add: of2(add),
  sub: of2(sub),
  mul: of2(mul),
  div: of2(div),
  maximum: of2(maximum),
  minimum: of2(minimum),
  pow: of2(pow),
  equal: of2(equal),
  notEqual: of2(notEqual),
  greater: of2(greater),
  greaterEqual: of2(greaterEqual),
  less: of2(less),
  lessEqual: of2(lessEqual),
  logicalAnd: of2(logicalAnd),
  logicalOr: of2(logicalOr),
  logicalNot: of1(logicalNot),
  cast: ([x], { dtype }) => cast(x!, dtype),
  clip: ([x], { lower, upper }) => clipByValue(x!, lower, upper),
  select: ([condition, a, b], _, { shape }) => {
    const whole = [...shape];
    return where(broadcastTo(condition!, whole), broadcastTo(a!, whole), broadcastTo(b!, whole));
  },
  sum: ([x], { axes, keepDims }) => sum(x!, [...axes], keepDims),
  mean: ([x], { axes, keepDims }) => mean(x!, [...axes], keepDims),
  max: ([x], { axes, keepDims }) => max(x!, [...axes], keepDims),
  min: ([x], { axes, keepDims }) => min(x!, [...axes], keepDims),
  all: ([x], { axes, keepDims }) => all(x!, [...axes], keepDims),
  any: ([x], { axes, keepDims }) => any(x!, [...axes], keepDims),
  argMax: ([x], { axis }) => argMax(x!, axis),
  argMin: ([x], { axis }) => argMin(x!, axis),
  reshape: ([x], { shape }) => reshape(x!, [...shape]),
  transpose: ([x], { permutation }) => transpose(x!, [...permutation]),
  broadcastTo: ([x], { shape }) => broadcastTo(x!, [...shape]),
  tile: ([x], { repeats }) => tile(x!, [...repeats]),
  slice: ([x], { begin, size }) => slice(x!, [...begin], [...size]),
  pad: ([x], { padding, value }) =>
    pad(
      x!,
      padding.map(([before, after]) => [before, after]),
      value,
    ),
  concat: (operands, { axis }) => concat([...operands], axis),
  reverse: ([x], { axes }) => reverse(x!, [...axes]),
  gather: ([x, indices], { axis }) => gather(x!, indices as never, axis),
  oneHot: ([indices], { depth, on, off }) => cast(oneHot(indices!, depth, on, off), 'float32'),
  matMul: ([a, b], { transposeA, transposeB }) => matMul(a!, b!, transposeA, transposeB),
  conv2d: ([x, filter], sliding) => convolve(x!, filter!, sliding),
  conv2dImageGradient: ([dy, filter], { imageShape, ...sliding }) =>
    grad((x) => convolve(x, filter!, sliding))(zeros([...imageShape]), dy),
  conv2dFilterGradient: ([x, dy], { filterShape, ...sliding }) =>
    grad((filter) => convolve(x!, filter, sliding))(zeros([...filterShape]), dy),
  maxPool: ([x], pooling) => pooledMax(x!, pooling),
  maxPoolGradient: ([dy, x], pooling) => grads((images: Tensor) => pooledMax(images, pooling))([x!], dy)[0]!,
  avgPool: ([x], pooling) => pooledMean(x!, pooling),
  avgPoolGradient: ([dy], { imageShape, ...pooling }) =>
    grad((x) => pooledMean(x, pooling))(zeros([...imageShape]), dy),
  allReduceSum: of1((x) => x.clone()),
};

/** Runs a graph operation by operation on the active backend. The caller tidies. */
export function interpretGraph(graph: Graph, inputs: readonly Tensor[]): readonly Tensor[] {
  const values: Tensor[] = [];
  const meanings = MEANINGS as Readonly<Record<string, Meaning<never>>>;
  graph.nodes.forEach((node, id) => {
    const given = graph.inputs.indexOf(id);
    const operands = node.inputs.map((operand) => values[operand]!);
    values[id] = given >= 0 ? inputs[given]! : meanings[node.op]!(operands, node.attrs as never, node as never);
  });
  return graph.outputs.map((id) => {
    nodeAt(graph, id);
    return values[id]!;
  });
}

function assertNever(): never {
  throw new Error('inputs are given');
}
