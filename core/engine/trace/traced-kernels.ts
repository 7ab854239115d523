import { getKernelsForBackend, registerKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { DomainError } from '../../errors.js';
import { ARRANGEMENT_KERNELS } from './kernels/arrangement.js';
import { COLLECTIVE_KERNELS } from './kernels/collectives.js';
import { CONVOLUTION_KERNELS } from './kernels/convolutions.js';
import { ELEMENTWISE_KERNELS } from './kernels/elementwise.js';
import { POOLING_KERNELS } from './kernels/pooling.js';
import { PRODUCT_KERNELS } from './kernels/products.js';
import { REDUCTION_KERNELS } from './kernels/reductions.js';
import type { TracedKernel, TracedKernels } from './kernels/traced-kernel.js';
import { currentRecording, TRACE_BACKEND, typeOfTensor } from './trace-backend.js';

/** Every kernel that a compiled function may use. */
export const TRACED_KERNELS: TracedKernels = {
  ...ELEMENTWISE_KERNELS,
  ...REDUCTION_KERNELS,
  ...ARRANGEMENT_KERNELS,
  ...PRODUCT_KERNELS,
  ...CONVOLUTION_KERNELS,
  ...POOLING_KERNELS,
  ...COLLECTIVE_KERNELS,
};

let registered = false;

/** Gives the tracing backend its kernels; those of the other backends that it lacks say so when they are used. */
export function registerTracedKernels(): void {
  if (registered) return;
  registered = true;
  for (const [name, kernel] of Object.entries(TRACED_KERNELS)) register(name, recorded(kernel));
  const others = ['cpu', 'wasm']
    .flatMap((backend) => getKernelsForBackend(backend))
    .map(({ kernelName }) => kernelName);
  for (const name of new Set(others)) if (!(name in TRACED_KERNELS)) register(name, () => uncovered(name));
}

const register = (kernelName: string, kernelFunc: KernelFunc): void => {
  registerKernel({ kernelName, backendName: TRACE_BACKEND, kernelFunc });
};

/** Adds the kernel to the recording under way. */
function recorded(kernel: TracedKernel): KernelFunc {
  return ({ inputs, attrs = {} }) => {
    const recording = currentRecording();
    if (recording === undefined) throw new DomainError('internal', 'engine: nothing is being traced');
    const { graph, nodeOf, tensorOf } = recording;
    const given = inputs as Readonly<Record<string, TensorInfo | undefined>>;
    const find = (name: string): TensorInfo => {
      const tensor = given[name];
      if (tensor === undefined)
        throw new DomainError('internal', `engine: expected a kernel's input ${name}, got none`);
      return tensor;
    };
    const result = kernel({
      graph,
      input: (name) => nodeOf(find(name)),
      type: (name) => typeOfTensor(find(name)),
      get list() {
        return Object.values(given).map((tensor) => nodeOf(tensor as TensorInfo));
      },
      attrs: attrs as never,
    });
    return typeof result === 'number' ? tensorOf(result) : result.map(tensorOf);
  };
}

/** @throws internal naming the kernel, and the first function outside of libraries that led to it */
function uncovered(name: string): never {
  throw new DomainError('internal', `engine: a compiled function cannot use the kernel ${name}; used by ${userOf()}`);
}

function userOf(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  const own = stack
    .split('\n')
    .filter(
      (line) =>
        /^ +at /.test(line) && !/node_modules|tfjs-[a-z]+[\\/]src|[\\/](trace|traced-kernels)\.[jt]s:/.test(line),
    );
  return own[0]?.replace(/^ +at /, '') ?? 'an unknown function';
}
