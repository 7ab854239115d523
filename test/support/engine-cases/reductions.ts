import { all, any, argMax, argMin, logSumExp, max, mean, min, round, softmax, sum } from '@tensorflow/tfjs-core';
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
  gradients,
  integer,
  of,
  tensorOf,
} from './engine-case.js';

/** Distinct axes in any order. */
export const drawAxes = (random: Random, rank: number): number[] =>
  Array.from(random.permutation(rank)).slice(0, between(random, 1, rank));

const reduction = (
  name: string,
  run: (x: Tensor, axes: number[], keepDims: boolean) => Tensor,
  draw: Draw = anyNumber,
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): EngineCase => ({
  name: `${name} of ${dtype}`,
  draw: (random) => {
    const shape = drawShape(random, between(random, 1, 4));
    const [axes, keepDims] = [drawAxes(random, shape.length), chance(random)];
    return of((x: Tensor) => run(x, axes, keepDims), tensorOf(random, shape, draw, dtype));
  },
});

export const REDUCTIONS: readonly EngineCase[] = [
  reduction('sum', sum),
  reduction('sum', sum, integer, 'int32'),
  reduction('mean', mean),
  reduction('max', max),
  reduction('min', min),
  reduction('max', max, integer, 'int32'),
  reduction('all', all, flag, 'bool'),
  reduction('any', any, flag, 'bool'),
  reduction('logSumExp', logSumExp),
  reduction('softmax, and its gradient,', (x) => [softmax(x), ...gradients((at) => softmax(at))(x)] as never),
  reduction('argMax, ties: the lowest index', (x, [axis = 0]) => argMax(round(x), axis)),
  reduction('argMin, ties: the lowest index', (x, [axis = 0]) => argMin(round(x), axis)),
];
