import { engine, getBackend, setBackend, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { DomainError } from '../../errors.js';
import type { TensorTree } from '../engine.js';
import type { Graph } from '../graph/graph.js';
import { leavesOf, mapTree, type Tree } from '../tensor-tree.js';
import { currentRecording, newRecording, TRACE_BACKEND, traceBackend, typeOfTensor } from './trace-backend.js';
import { registerTracedKernels } from './traced-kernels.js';

/** What became of a function. */
export interface Traced {
  readonly graph: Graph;
  /** The structure of its result: for each tensor, which of the graph's outputs it is. */
  readonly result: Tree<number>;
}

/** Whether a function is being traced now: compiled functions that it calls become parts of it. */
export const isTracing = (): boolean => currentRecording() !== undefined;

/**
 * Calls a pure function once, on tensors that have a shape and no values, and records what it computes; gradients that it takes are recorded too.
 *
 * @param inputs its arguments; only their structure, shapes and types are used
 * @throws internal if it reads values, or uses a kernel that is not covered, naming it and the function that used it
 */
export function trace<I extends readonly TensorTree[]>(fn: (...inputs: I) => TensorTree, inputs: I): Traced {
  const backend = traceBackend();
  registerTracedKernels();
  if (backend.recording !== undefined) throw new DomainError('internal', 'engine: a function is being traced already');
  const recording = newRecording(backend.written);
  const active = getBackend();
  backend.recording = recording;
  // Synchronous for a backend that is set up synchronously, whatever its type says.
  void setBackend(TRACE_BACKEND);
  try {
    let traced: Traced | undefined;
    tidy(() => {
      const placeholders = mapTree<Tensor, Tensor>(inputs, (tensor, name) => {
        const node = recording.graph.input(name, typeOfTensor(tensor));
        return engine().makeTensorFromTensorInfo(recording.tensorOf(node), backend);
      });
      const result = fn(...(placeholders as unknown as I));
      let count = 0;
      const outputs = leavesOf<Tensor>(result).map((tensor) => recording.nodeOf(tensor));
      traced = { graph: recording.graph.finish(outputs), result: mapTree<Tensor, number>(result, () => count++) };
    });
    return traced as unknown as Traced;
  } finally {
    backend.recording = undefined;
    void setBackend(active);
  }
}
