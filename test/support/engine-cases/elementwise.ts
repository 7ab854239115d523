import {
  abs,
  add,
  addN,
  cast,
  ceil,
  clipByValue,
  cos,
  div,
  elu,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  relu6,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  squaredDifference,
  step,
  sub,
  tan,
  tanh,
  where,
} from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../../../core/random.js';
import {
  type Draw,
  type EngineCase,
  anyNumber,
  between,
  chance,
  drawShape,
  flag,
  integer,
  of,
  positive,
  tensorOf,
} from './engine-case.js';

const unary = (name: string, run: (x: Tensor) => Tensor, draw: Draw = anyNumber): EngineCase => ({
  name,
  draw: (random) => of(run, tensorOf(random, drawShape(random, random.below(5)), draw)),
});

/** Two shapes that broadcast to each other, of any ranks. */
function broadcastingShapes(random: Random): readonly [number[], number[]] {
  const shape = drawShape(random, between(random, 1, 5));
  const part = () => shape.slice(random.below(shape.length + 1)).map((extent) => (random.below(3) === 0 ? 1 : extent));
  return chance(random) ? [shape, part()] : [part(), shape];
}

const binary = (
  name: string,
  run: (a: Tensor, b: Tensor) => Tensor,
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): EngineCase => ({
  name: `${name} of ${dtype}`,
  draw: (random) => {
    const [a, b] = broadcastingShapes(random);
    return of(run, tensorOf(random, a, draw, dtype), tensorOf(random, b, draw, dtype));
  },
});

export const ELEMENTWISE: readonly EngineCase[] = [
  unary('abs', abs),
  unary('ceil', ceil),
  unary('cos', cos),
  unary('elu', elu),
  unary('erf', erf),
  unary('exp', exp),
  unary('floor', floor),
  unary('log', log, positive),
  unary('neg', neg),
  unary('reciprocal', reciprocal, positive),
  unary('relu', relu),
  unary('relu6', (x) => relu6(mul(x, 4))),
  unary('round, halves to even', (x) => round(div(round(mul(x, 2)), 2))),
  unary('rsqrt', rsqrt, positive),
  unary('sigmoid', sigmoid),
  unary('sign', sign),
  unary('sin', sin),
  unary('softplus', softplus),
  unary('sqrt', sqrt, positive),
  unary('square', square),
  unary('step', (x) => step(x)),
  unary('leaky step', (x) => step(x, 0.25)),
  unary('tan', tan),
  unary('tanh', tanh),
  unary('clip', (x) => clipByValue(x, -0.5, 1)),
  unary('numbers as integers', (x) => cast(x, 'int32')),
  unary('numbers as truth', (x) => cast(x, 'bool')),
  unary('truth as numbers', (x) => [cast(greater(x, 0), 'float32'), cast(greater(x, 0), 'int32')] as never),
  unary('not', (x) => logicalNot(greater(x, 0))),
  binary('add', add),
  binary('sub', sub),
  binary('mul', mul),
  binary('squared difference', squaredDifference),
  binary('div', div, positive),
  binary('maximum', maximum),
  binary('minimum', minimum),
  binary('pow', pow, positive),
  binary('add', add, integer, 'int32'),
  binary('mul', mul, integer, 'int32'),
  binary('maximum', maximum, integer, 'int32'),
  binary('minimum', minimum, integer, 'int32'),
  ...Object.entries({ equal, notEqual, greater, greaterEqual, less, lessEqual }).flatMap(([name, run]) => [
    binary(name, run),
    binary(name, run, integer, 'int32'),
  ]),
  binary('and', logicalAnd, flag, 'bool'),
  binary('or', logicalOr, flag, 'bool'),
  {
    name: 'sum of several',
    draw: (random) => {
      const shape = drawShape(random, between(random, 0, 4));
      const terms = Array.from({ length: between(random, 1, 4) }, () => tensorOf(random, shape));
      return of((...given: readonly Tensor[]) => addN([...given]), ...terms);
    },
  },
  {
    name: 'where',
    draw: (random) => {
      const shape = drawShape(random, between(random, 1, 4));
      const [condition, a, b] = [
        tensorOf(random, shape, flag, 'bool'),
        tensorOf(random, shape),
        tensorOf(random, shape),
      ];
      return of((c: Tensor, x: Tensor, y: Tensor) => [where(c, x, y), where(c, c, logicalNot(c))], condition, a, b);
    },
  },
];
