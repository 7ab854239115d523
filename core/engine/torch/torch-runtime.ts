import { nativeCall } from '../compiled/native-call.js';
import type { Program, Runtime } from '../compiled/runtime.js';
import { sizeOf, type DataType, type Graph } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import type { TensorHandle, TorchSession } from './addon-binding.js';
import type { Target } from './lowering/lowering.js';
import { lowerToTorch } from './lowering/lower.js';

const attempt = <T>(what: string, call: () => T): T => nativeCall('torch', what, call);

/** Runs graphs as lists of the addon's instructions. */
export function torchRuntime(session: TorchSession, target: Target): Runtime<TensorHandle> {
  return {
    upload: (values, { shape, dtype }) => attempt('a tensor', () => session.upload(values, shape, dtype)),
    download: (tensor, { shape, dtype }) => {
      const values = emptyValues(dtype, sizeOf(shape));
      attempt('a result', () => {
        session.download(tensor, values);
      });
      return values;
    },
    release: (tensor) => {
      session.release(tensor);
    },
    load: (graph, { weights, runsPerWeights }) => load(session, target, graph, runsPerWeights > 1 ? weights : 0),
  };
}

/** @param lasting how many of the first inputs are likely to be the same tensors in the next run */
function load(session: TorchSession, target: Target, graph: Graph, lasting: number): Program<TensorHandle> {
  const lowered = lowerToTorch(
    graph,
    graph.inputs.map((_, i) => i < lasting),
    target,
  );
  const program = attempt('a program', () => session.load(lowered));
  return {
    run: (inputs) => [...attempt('a run', () => session.run(program, Uint32Array.from(inputs)))],
    dispose: () => {
      session.unload(program);
    },
  };
}

function emptyValues(dtype: DataType, length: number): Values {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'bool':
      return new Uint8Array(length);
  }
}
