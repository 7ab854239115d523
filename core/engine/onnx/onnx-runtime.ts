import type { Program, ProgramHints, Runtime } from '../compiled/runtime.js';
import { nodeAt, sizeOf, type Graph, type NodeId, type TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import { constantWeights } from './constant-weights.js';
import { encodeModel } from './encode-model.js';
import { lowerGraph } from './lowering/lower-graph.js';
import { multiplicationsOf } from './multiplications.js';
import type { OnnxTensor } from './onnx-model.js';
import { openSession, type OnnxBuffer, type OnnxSession } from './onnx-session.js';

/** From so many multiplications on, threads share a graph's work; below, waiting for each other takes them longer than the work. */
const MULTIPLICATIONS_FOR_THREADS = 5e7;

/** A session for a graph, of which some inputs may have become constants. */
interface OpenProgram {
  readonly constants: ReadonlyMap<NodeId, Values>;
  readonly session: OnnxSession;
  readonly inputs: ReadonlyMap<NodeId, string>;
  readonly outputs: readonly string[];
}

/** Runs graphs by ONNX Runtime. Buffers are arrays of this process, which are never changed. */
export function onnxRuntime(): Runtime<Values> {
  return {
    upload: (values) => values.slice(),
    download: (buffer) => buffer.slice(),
    // Left to the garbage collector: whoever still has a session with these as constants compares with them.
    release: () => undefined,
    load: (graph, hints) => program(graph, hints),
  };
}

/**
 * Opens a session at the first run, and another when weights that it has as constants have been replaced: so the same runs are computed in the same
 * way, whatever was run before.
 */
function program(graph: Graph, hints: ProgramHints): Program<Values> {
  const constant = constantWeights(graph, hints);
  let current: OpenProgram | undefined;
  const dispose = (): void => {
    current?.session.dispose();
    current = undefined;
  };
  return {
    run: (buffers) => {
      const values = new Map(graph.inputs.map((id, index) => [id, buffers[index] as Values]));
      const valid = current !== undefined && [...current.constants].every(([id, value]) => values.get(id) === value);
      if (!valid) dispose();
      current ??= openProgram(graph, new Map(constant.map((id) => [id, values.get(id) as Values])));
      return runProgram(graph, current, values);
    },
    dispose,
  };
}

function openProgram(graph: Graph, constants: ReadonlyMap<NodeId, Values>): OpenProgram {
  const tensors = [...constants].map(([id, data]): [NodeId, OnnxTensor] => {
    const { shape, dtype } = nodeAt(graph, id);
    return [id, { type: dtype, shape, data }];
  });
  const { onnx, inputs, outputs } = lowerGraph(graph, new Map(tensors));
  const alone = multiplicationsOf(graph) < MULTIPLICATIONS_FOR_THREADS;
  const session = openSession(encodeModel({ graph: onnx }), alone ? { intraOpNumThreads: 1 } : {});
  return { constants, inputs, outputs, session };
}

function runProgram(graph: Graph, open: OpenProgram, values: ReadonlyMap<NodeId, Values>): readonly Values[] {
  const buffer = (id: NodeId, data: Values): OnnxBuffer => {
    const { shape, dtype } = nodeAt(graph, id);
    return { type: dtype, shape, data };
  };
  const results = graph.outputs.map((id) => arrayOf(nodeAt(graph, id)));
  open.session.run(
    Object.fromEntries([...open.inputs].map(([id, name]) => [name, buffer(id, values.get(id) as Values)])),
    Object.fromEntries(graph.outputs.map((id, i) => [open.outputs[i] ?? '', buffer(id, results[i] as Values)])),
  );
  return results;
}

/** An array for a tensor, whose elements are to be written. */
function arrayOf({ shape, dtype }: TensorType): Values {
  const size = sizeOf(shape);
  if (dtype === 'bool') return new Uint8Array(size);
  // Not filled with zeros first, as new arrays are.
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(4 * size);
  return dtype === 'int32' ? new Int32Array(buffer, byteOffset, size) : new Float32Array(buffer, byteOffset, size);
}
