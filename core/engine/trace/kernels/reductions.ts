import { util, type ArgMaxAttrs, type MaxAttrs, type SoftmaxAttrs, type SumAttrs } from '@tensorflow/tfjs-core';
import type { ReductionAttributes } from '../../graph/ops/reductions.js';
import { traced, type KernelUse, type TracedKernel, type TracedKernels } from './traced-kernel.js';

type Reduction = Exclude<keyof ReductionAttributes, 'argMax' | 'argMin'>;

const ascending = (axes: number | readonly number[], rank: number): number[] =>
  util.parseAxisParam(axes as number | number[], Array<number>(rank).fill(1)).sort((a, b) => a - b);

const reduced = <Attrs extends { readonly keepDims: boolean }>(
  op: Reduction,
  axesOf: (attrs: Attrs) => number | readonly number[],
): TracedKernel =>
  traced<Attrs>(({ graph, input, type, attrs }) =>
    graph.add(op, [input('x')], { axes: ascending(axesOf(attrs), type('x').shape.length), keepDims: attrs.keepDims }),
  );

const extremeIndex = (op: 'argMax' | 'argMin'): TracedKernel =>
  traced<ArgMaxAttrs>(({ graph, input, type, attrs }) => {
    const [axis = 0] = ascending(attrs.axis, type('x').shape.length);
    return graph.add(op, [input('x')], { axis });
  });

/** x − max x along the last axis, and the logarithm of the sum of its exponentials. */
function shifted({ graph, input, type }: KernelUse<SoftmaxAttrs>, name: string) {
  const over = { axes: [type(name).shape.length - 1], keepDims: true };
  const difference = graph.add('sub', [input(name), graph.add('max', [input(name)], over)], {});
  const exponentials = graph.add('exp', [difference], {});
  return { difference, exponentials, sum: graph.add('sum', [exponentials], over) };
}

export const REDUCTION_KERNELS: TracedKernels = {
  Sum: reduced<SumAttrs & { keepDims: boolean }>('sum', ({ axis }) => axis),
  Mean: reduced<SumAttrs & { keepDims: boolean }>('mean', ({ axis }) => axis),
  Min: reduced<SumAttrs & { keepDims: boolean }>('min', ({ axis }) => axis),
  All: reduced<SumAttrs & { keepDims: boolean }>('all', ({ axis }) => axis),
  Any: reduced<SumAttrs & { keepDims: boolean }>('any', ({ axis }) => axis),
  Max: reduced<MaxAttrs>('max', ({ reductionIndices }) => reductionIndices),
  ArgMax: extremeIndex('argMax'),
  ArgMin: extremeIndex('argMin'),
  Softmax: traced<SoftmaxAttrs>((use) => {
    const { exponentials, sum } = shifted(use, 'logits');
    return use.graph.add('div', [exponentials, sum], {});
  }),
  LogSoftmax: traced<SoftmaxAttrs>((use) => {
    const { difference, sum } = shifted(use, 'logits');
    return use.graph.add('sub', [difference, use.graph.add('log', [sum], {})], {});
  }),
};
