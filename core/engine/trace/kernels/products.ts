import type { BatchMatMulAttrs } from '@tensorflow/tfjs-core';
import { traced, type TracedKernels } from './traced-kernel.js';

export const PRODUCT_KERNELS: TracedKernels = {
  BatchMatMul: traced<BatchMatMulAttrs>(({ graph, input, attrs: { transposeA, transposeB } }) =>
    graph.add('matMul', [input('a'), input('b')], { transposeA, transposeB }),
  ),
};
