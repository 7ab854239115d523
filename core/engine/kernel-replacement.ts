import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { DomainError } from '../errors.js';

/** What a kernel is called with. Inputs stay the caller's; the result is a new tensor of the backend's. */
export interface KernelCall<Inputs, Attrs, Backend> {
  readonly inputs: { readonly [Name in keyof Inputs]: TensorInfo };
  readonly attrs: Attrs;
  readonly backend: Backend;
}

export type Kernel<Inputs, Attrs, Backend> = (call: KernelCall<Inputs, Attrs, Backend>) => TensorInfo;

/** A kernel to register in place of the stock one of the same name, or where there is none. */
export interface KernelReplacement {
  readonly kernelName: string;
  readonly create: (stock: KernelFunc) => KernelFunc;
}

/**
 * States a replacement with the kernel's own types.
 *
 * @param create makes the kernel, given the stock one to fall back on (which throws if there is none)
 */
export function replacement<Inputs, Attrs, Backend>(
  kernelName: string,
  create: (stock: Kernel<Inputs, Attrs, Backend>) => Kernel<Inputs, Attrs, Backend>,
): KernelReplacement {
  // The registry knows no kernel's types; a kernel's name is what vouches for them.
  return {
    kernelName,
    create: (stock) => create(stock as unknown as Kernel<Inputs, Attrs, Backend>) as unknown as KernelFunc,
  };
}

/** The kernel registered under a name, if any: the library's own type says that there always is one. */
const findKernel = (kernelName: string, backendName: string): KernelConfig | undefined =>
  getKernel(kernelName, backendName);

/** Registers replacements on a backend, which must be set up. @returns what brings the stock kernels back */
export function installKernels(backendName: string, replacements: readonly KernelReplacement[]): () => void {
  const restorers = replacements.map(({ kernelName, create }) => {
    const stock = findKernel(kernelName, backendName);
    const missing: KernelFunc = () => {
      throw new DomainError('internal', `engine ${backendName}: there is no stock kernel ${kernelName} for this case`);
    };
    if (stock !== undefined) unregisterKernel(kernelName, backendName);
    const kernelFunc = create(stock?.kernelFunc ?? missing);
    registerKernel({ ...stock, kernelName, backendName, kernelFunc });
    return () => {
      unregisterKernel(kernelName, backendName);
      if (stock !== undefined) registerKernel(stock);
    };
  });
  return () => {
    for (const restore of restorers) restore();
  };
}

/** Calls a registered kernel on raw tensors, outside of the library's bookkeeping: the caller disposes the result. */
export function callKernel(
  kernelName: string,
  backendName: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, unknown>>,
  backend: object,
): TensorInfo {
  const kernel = findKernel(kernelName, backendName);
  if (kernel === undefined)
    throw new DomainError('internal', `engine ${backendName}: there is no kernel ${kernelName}`);
  return kernel.kernelFunc({ inputs, attrs: attrs as never, backend }) as TensorInfo;
}
