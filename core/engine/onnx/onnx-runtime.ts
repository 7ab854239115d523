import type { Program, ProgramHints, Runtime } from '../compiled/runtime.js';
import { nodeAt, sizeOf, type Graph, type NodeId, type TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import { channelsOfBlock } from './blocks.js';
import { constantWeights } from './constant-weights.js';
import { encodeInitializers, encodeModel } from './encode-model.js';
import { lowerGraph, weightName } from './lowering/lower-graph.js';
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

/** A graph as an ONNX model that lacks the values of its constant weights. */
interface StatedProgram {
  readonly model: Uint8Array;
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
  let stated: StatedProgram | undefined;
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
      stated ??= stateProgram(graph, constant);
      current ??= openProgram(graph, stated, new Map(constant.map((id) => [id, values.get(id) as Values])));
      return runProgram(graph, current, values);
    },
    dispose,
  };
}

function stateProgram(graph: Graph, constant: readonly NodeId[]): StatedProgram {
  const unknown = constant.map((id) => [id, tensorOf(graph, id, new Uint8Array())] as const);
  const { onnx, inputs, outputs } = lowerGraph(graph, new Map(unknown), channelsOfBlock());
  const weights = new Set(constant.map(weightName));
  const fixed = [...onnx.initializers].filter(([name]) => !weights.has(name));
  return { model: encodeModel({ graph: { ...onnx, initializers: new Map(fixed) } }), inputs, outputs };
}

function openProgram(graph: Graph, stated: StatedProgram, constants: ReadonlyMap<NodeId, Values>): OpenProgram {
  const { model, inputs, outputs } = stated;
  const weights = [...constants].map(([id, data]) => [weightName(id), tensorOf(graph, id, data)] as const);
  const alone = multiplicationsOf(graph) < MULTIPLICATIONS_FOR_THREADS;
  const whole = Buffer.concat([model, ...encodeInitializers(new Map(weights))]);
  return { constants, inputs, outputs, session: openSession(whole, alone ? { intraOpNumThreads: 1 } : {}) };
}

function tensorOf(graph: Graph, id: NodeId, data: Values): OnnxTensor {
  const { shape, dtype } = nodeAt(graph, id);
  return { type: dtype, shape, data };
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
