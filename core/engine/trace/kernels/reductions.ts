import { util, type ArgMaxAttrs, type SoftmaxAttrs } from '@tensorflow/tfjs-core';
import type { ReductionAttributes } from '../../graph/ops/reductions.js';
import { traced, type TracedKernel, type TracedKernels } from './traced-kernel.js';

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

export const REDUCTION_KERNELS: TracedKernels = {
  Sum: reduced('sum'),
  Mean: reduced('mean'),
  Min: reduced('min'),
  All: reduced('all'),
  Any: reduced('any'),
  Max: reduced('max'),
  ArgMax: extremeIndex('argMax'),
  ArgMin: extremeIndex('argMin'),
  /** Of the exponentials of x − max x along the last axis, which do not overflow. */
  Softmax: traced<SoftmaxAttrs>(({ graph, input, type }) => {
    const over = { axes: [type('logits').shape.length - 1], keepDims: true };
    const difference = graph.add('sub', [input('logits'), graph.add('max', [input('logits')], over)], {});
    const exponentials = graph.add('exp', [difference], {});
    return graph.add('div', [exponentials, graph.add('sum', [exponentials], over)], {});
  }),
};
