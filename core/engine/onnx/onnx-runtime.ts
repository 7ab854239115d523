import type { Program, ProgramHints, Runtime } from '../compiled/runtime.js';
import { nodeAt, sizeOf, type Graph, type NodeId, type TensorType } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import { arrayPool, type ArrayPool } from './array-pool.js';
import { channelsOfBlock } from './blocks.js';
import { constantWeights } from './constant-weights.js';
import { encodeInitializers, encodeModel } from './encode-model.js';
import { lowerGraph, weightName } from './lowering/lower-graph.js';
import { multiplicationsOf } from './multiplications.js';
import type { OnnxTensor } from './onnx-model.js';
import { openSession, type OnnxBuffer, type OnnxSession } from './onnx-session.js';

/** From so many multiplications on, threads share a graph's work; below, waiting for each other takes them longer than the work. */
const MULTIPLICATIONS_FOR_THREADS = 2e7;

/** From so many elements of one tensor on, too: Adam's step multiplies no matrices, but goes through LeNet5's three million weights a dozen times. */
const ELEMENTS_FOR_THREADS = 2 ** 20;

/** A session for a graph, of which some inputs may have become constants. */
interface OpenProgram {
  readonly constants: readonly Values[];
  readonly session: OnnxSession;
  /** What is fed: the name, and which of the graph's inputs it is. */
  readonly fed: readonly { readonly name: string; readonly place: number; readonly type: TensorType }[];
  readonly fetched: readonly { readonly name: string; readonly type: TensorType }[];
}

/** A graph as an ONNX model that lacks the values of its constant weights. */
interface StatedProgram {
  readonly model: Uint8Array;
  readonly inputs: ReadonlyMap<NodeId, string>;
  readonly outputs: readonly string[];
}

/** So much memory waits at most to be used again. */
const WAITING_BYTES = 2 ** 28;

/**
 * Runs graphs by ONNX Runtime. Buffers are arrays of this process, which are not changed until they are released. Then their memory is used again, by
 * another array: whoever still has a session with one as a constant knows it by the array.
 */
export function onnxRuntime(): Runtime<Values> {
  const pool = arrayPool(WAITING_BYTES);
  return {
    upload: (values, type) => {
      const buffer = pool.take(type);
      buffer.set(values);
      return buffer;
    },
    download: (buffer) => buffer.slice(),
    release: (buffer) => {
      pool.give(buffer);
    },
    load: (graph, hints) => program(graph, hints, pool),
  };
}

/**
 * Opens a session at the first run, and another when weights that it has as constants have been replaced: so the same runs are computed in the same
 * way, whatever was run before.
 */
function program(graph: Graph, hints: ProgramHints, pool: ArrayPool): Program<Values> {
  const constant = constantWeights(graph, hints);
  const places = constant.map((id) => graph.inputs.indexOf(id));
  let stated: StatedProgram | undefined;
  let current: OpenProgram | undefined;
  const dispose = (): void => {
    current?.session.dispose();
    current = undefined;
  };
  return {
    run: (buffers) => {
      const valid = current?.constants.every((value, i) => buffers[places[i] ?? -1] === value) === true;
      if (!valid) dispose();
      stated ??= stateProgram(graph, constant);
      current ??= openProgram(
        graph,
        stated,
        constant,
        places.map((place) => buffers[place] as Values),
        pool,
      );
      return runProgram(current, buffers, pool);
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

function openProgram(
  graph: Graph,
  { model, inputs, outputs }: StatedProgram,
  constant: readonly NodeId[],
  constants: readonly Values[],
  pool: ArrayPool,
): OpenProgram {
  const weights = constant.map((id, i) => [weightName(id), tensorOf(graph, id, constants[i] as Values)] as const);
  const parts = [model, ...encodeInitializers(new Map(weights))];
  const whole = pool.take({
    shape: [parts.reduce((sum, part) => sum + part.byteLength, 0)],
    dtype: 'bool',
  }) as Uint8Array<ArrayBuffer>;
  parts.reduce((offset, part) => {
    whole.set(part, offset);
    return offset + part.byteLength;
  }, 0);
  const session = openSession(whole, isForThreads(graph) ? {} : { intraOpNumThreads: 1 });
  pool.give(whole);
  const fed = graph.inputs.flatMap((id, place) => {
    const name = inputs.get(id);
    return name === undefined ? [] : [{ name, place, type: nodeAt(graph, id) }];
  });
  const fetched = graph.outputs.map((id, i) => ({ name: outputs[i] ?? '', type: nodeAt(graph, id) }));
  return { constants, session, fed, fetched };
}

const isForThreads = (graph: Graph): boolean =>
  multiplicationsOf(graph) >= MULTIPLICATIONS_FOR_THREADS ||
  graph.nodes.some(({ shape }) => sizeOf(shape) >= ELEMENTS_FOR_THREADS);

function tensorOf(graph: Graph, id: NodeId, data: Values): OnnxTensor {
  const { shape, dtype } = nodeAt(graph, id);
  return { type: dtype, shape, data };
}

/** Called thousands of times a second where graphs are small, so it makes no more than it must. */
function runProgram(open: OpenProgram, buffers: readonly Values[], pool: ArrayPool): readonly Values[] {
  const feeds: Record<string, OnnxBuffer> = {};
  for (const { name, place, type } of open.fed)
    feeds[name] = { type: type.dtype, shape: type.shape, data: buffers[place] as Values };
  const fetches: Record<string, OnnxBuffer> = {};
  const results: Values[] = [];
  for (const { name, type } of open.fetched) {
    const data = pool.take(type);
    results.push(data);
    fetches[name] = { type: type.dtype, shape: type.shape, data };
  }
  open.session.run(feeds, fetches);
  return results;
}
