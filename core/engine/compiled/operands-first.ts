import { getKernelsForBackend, registerKernel, unregisterKernel, type TensorInfo } from '@tensorflow/tfjs-core';

/** What is used of the backend: asking for data brings it there. */
interface WasmBackend {
  readonly dataIdMap: { get(dataId: TensorInfo['dataId']): unknown };
}

let installed = false;

/**
 * Makes every kernel of the WebAssembly backend, which must be set up, bring its operands to the heap before it runs.
 *
 * Its kernels (tfjs-backend-wasm 4.22) take views of the heap first and ask for the next operand's data then. Data that lies with another backend is
 * written to the heap at that moment, which may grow, and growing detaches every view: `Cannot perform Construct on a detached ArrayBuffer`.
 */
export function bringOperandsFirst(): void {
  if (installed) return;
  installed = true;
  for (const config of [...getKernelsForBackend('wasm')]) {
    const { kernelName, backendName, kernelFunc } = config;
    unregisterKernel(kernelName, backendName);
    registerKernel({
      ...config,
      kernelFunc: (params) => {
        const { dataIdMap } = params.backend as WasmBackend;
        const operands: readonly (TensorInfo | null | undefined)[] = Object.values(params.inputs).flat();
        for (const operand of operands) if (operand) dataIdMap.get(operand.dataId);
        return kernelFunc(params);
      },
    });
  }
}
