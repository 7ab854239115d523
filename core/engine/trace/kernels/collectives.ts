import { ALL_REDUCE_SUM } from '../../world/all-reduce.js';
import { traced, type TracedKernels } from './traced-kernel.js';

export const COLLECTIVE_KERNELS: TracedKernels = {
  [ALL_REDUCE_SUM]: traced(({ graph, input }) => graph.add('allReduceSum', [input('x')], {})),
};
