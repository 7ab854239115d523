import type { Program } from '../../compiled/runtime.js';
import { nodeAt, type Graph, type NodeId } from '../../graph/graph.js';
import type { Values } from '../../graph/ops/sources.js';
import type { ArrayPool } from '../array-pool.js';
import { channelsOfBlock } from '../blocks.js';
import { encodeInitializers, encodeModel } from '../encode-model.js';
import { openGraphSession, type GraphSession } from './graph-session.js';
import { fedTo, fetchedFrom, isForThreads } from './graph-ports.js';
import { lowerGraph, weightName, type Lowered } from '../lowering/lower-graph.js';
import type { OnnxTensor } from '../onnx-model.js';
import { markedIfLarge } from '../outputs-in-place.js';

/** A graph as an ONNX model that lacks the values of its constant weights. */
type Stated = Omit<Lowered, 'onnx'> & { readonly model: Uint8Array };

/**
 * Runs a graph in whose session weights are constants: opens it at the first run, and another when they have been replaced. So the same runs are
 * computed in the same way, whatever was run before.
 */
export function constantProgram(graph: Graph, weights: readonly NodeId[], pool: ArrayPool): Program<Values> {
  const places = weights.map((id) => graph.inputs.indexOf(id));
  let stated: Stated | undefined;
  let current: { readonly session: GraphSession; readonly constants: readonly Values[] } | undefined;
  const dispose = (): void => {
    current?.session.dispose();
    current = undefined;
  };
  return {
    run: (buffers) => {
      if (current?.constants.every((value, i) => buffers[places[i] ?? -1] === value) !== true) dispose();
      stated ??= state(graph, weights);
      if (current === undefined) {
        const constants = places.map((place) => buffers[place] as Values);
        current = { constants, session: open(graph, stated, weights, constants, pool) };
      }
      return current.session.run(buffers);
    },
    dispose,
  };
}

function state(graph: Graph, weights: readonly NodeId[]): Stated {
  const unknown = weights.map((id) => [id, tensorOf(graph, id, new Uint8Array())] as const);
  const { onnx, ...ports } = lowerGraph(graph, { constants: new Map(unknown), block: channelsOfBlock() });
  const names = new Set(weights.map(weightName));
  const fixed = [...onnx.initializers].filter(([name]) => !names.has(name));
  return { model: encodeModel({ graph: markedIfLarge({ ...onnx, initializers: new Map(fixed) }) }), ...ports };
}

function open(
  graph: Graph,
  { model, inputs, outputs }: Stated,
  weights: readonly NodeId[],
  constants: readonly Values[],
  pool: ArrayPool,
): GraphSession {
  const tensors = weights.map((id, i) => [weightName(id), tensorOf(graph, id, constants[i] as Values)] as const);
  const parts = [model, ...encodeInitializers(new Map(tensors))];
  const whole = pool.take({
    shape: [parts.reduce((sum, part) => sum + part.byteLength, 0)],
    dtype: 'bool',
  }) as Uint8Array<ArrayBuffer>;
  parts.reduce((offset, part) => {
    whole.set(part, offset);
    return offset + part.byteLength;
  }, 0);
  const session = openGraphSession(whole, {
    ...{ pool, threads: isForThreads(graph) },
    ...{ fed: fedTo(graph, inputs), fetched: fetchedFrom(graph, outputs) },
  });
  pool.give(whole);
  return session;
}

function tensorOf(graph: Graph, id: NodeId, data: Values): OnnxTensor {
  const { shape, dtype } = nodeAt(graph, id);
  return { type: dtype, shape, data };
}
