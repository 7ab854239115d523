import { installKernels } from '../kernel-replacement.js';
import { batchMatMul } from './kernels/batch-mat-mul.js';
import { conv2d, fusedConv2d } from './kernels/conv2d.js';
import { conv2dBackpropFilter } from './kernels/conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './kernels/conv2d-backprop-input.js';
import { maximum, minimum } from './kernels/extremum.js';
import { fusedMatMul } from './kernels/fused-mat-mul.js';
import { cast, identity } from './kernels/identity.js';
import { maxPoolGrad } from './kernels/max-pool-grad.js';

const TRAINING_KERNELS = [
  conv2d,
  fusedConv2d,
  batchMatMul,
  fusedMatMul,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  maxPoolGrad,
  identity,
  cast,
  maximum,
  minimum,
];

/** What brings the stock kernels back, while ours are installed. */
let uninstall: (() => void) | undefined;

/**
 * Gives the wasm backend, which must be set up, the kernels that gradients need: those that it lacks, and those that it computes
 * element by element or wrongly. Calling it again changes nothing.
 */
export function installTrainingKernels(): void {
  uninstall ??= installKernels('wasm', TRAINING_KERNELS);
}

/** Runs something on the stock kernels alone, to compare with. */
export function withStockKernels<T>(run: () => T): T {
  uninstall?.();
  uninstall = undefined;
  try {
    return run();
  } finally {
    installTrainingKernels();
  }
}
