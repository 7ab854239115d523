import { getGradient, registerGradient, Relu } from '@tensorflow/tfjs-core';
import { batchMatMul } from './kernels/batch-mat-mul.js';
import { conv2d, fusedConv2d } from './kernels/conv2d.js';
import { conv2dBackpropFilter } from './kernels/conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './kernels/conv2d-backprop-input.js';
import { fusedMatMul } from './kernels/fused-mat-mul.js';
import { installKernels } from '../kernel-replacement.js';
import { maxPoolGrad } from './kernels/max-pool-grad.js';
import { registerReluGradient, reluGrad } from './kernels/relu-grad.js';

const TRAINING_KERNELS = [
  conv2d,
  fusedConv2d,
  batchMatMul,
  fusedMatMul,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  maxPoolGrad,
  reluGrad,
];

/**
 * Gives the wasm backend, which must be set up, the kernels that gradients need: those that it lacks, and those that it computes
 * element by element.
 *
 * @returns what brings the stock kernels back, so that both can be measured in one process
 */
export function installTrainingKernels(): () => void {
  const restoreKernels = installKernels('wasm', TRAINING_KERNELS);
  const stockRelu = getGradient(Relu);
  registerReluGradient();
  return () => {
    restoreKernels();
    registerGradient(stockRelu);
  };
}
