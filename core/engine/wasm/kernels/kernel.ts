import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as generic from '../../kernel-replacement.js';

export type Kernel<Inputs, Attrs> = generic.Kernel<Inputs, Attrs, BackendWasm>;

/** A replacement on the wasm backend. */
export const replacement: <Inputs, Attrs>(
  kernelName: string,
  create: (stock: Kernel<Inputs, Attrs>) => Kernel<Inputs, Attrs>,
) => generic.KernelReplacement = generic.replacement;

/** Calls a kernel of the wasm backend on raw tensors; the caller disposes the result. */
export const callKernel = (
  kernelName: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, unknown>>,
  backend: BackendWasm,
): TensorInfo => generic.callKernel(kernelName, 'wasm', inputs, attrs, backend);
