import { util, type ArgMaxAttrs, type SoftmaxAttrs } from '@tensorflow/tfjs-core';
import type { ReductionAttributes } from '../../graph/ops/reductions.js';
import { traced, type KernelUse, type TracedKernel, type TracedKernels } from './traced-kernel.js';

type Reduction = Exclude<keyof ReductionAttributes, 'argMax' | 'argMin'>;

/** @param axes undefined: all */
const ascending = (axes: number | readonly number[] | undefined, rank: number): number[] =>
  util.parseAxisParam(axes as number | number[], Array<number>(rank).fill(1)).sort((a, b) => a - b);

/** Axes by either of TensorFlow.js' names for them. */
interface ReductionAttrs {
  readonly axis?: number | readonly number[];
  readonly reductionIndices?: number | readonly number[];
  readonly keepDims: boolean;
}

const reduced = (op: Reduction): TracedKernel =>
  traced<ReductionAttrs>(({ graph, input, type, attrs: { axis, reductionIndices, keepDims } }) =>
    graph.add(op, [input('x')], { axes: ascending(axis ?? reductionIndices, type('x').shape.length), keepDims }),
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
  Sum: reduced('sum'),
  Mean: reduced('mean'),
  Min: reduced('min'),
  All: reduced('all'),
  Any: reduced('any'),
  Max: reduced('max'),
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
