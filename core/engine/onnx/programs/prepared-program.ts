import type { Program, ProgramHints } from '../../compiled/runtime.js';
import type { Graph } from '../../graph/graph.js';
import type { Values } from '../../graph/ops/sources.js';
import type { ArrayPool } from '../array-pool.js';
import { channelsOfBlock } from '../blocks.js';
import { encodeModel } from '../encode-model.js';
import { weightsFor } from './constant-weights.js';
import { fedTo, fetchedFrom, isForThreads } from './graph-ports.js';
import { openGraphSession, type FedInput, type GraphSession } from './graph-session.js';
import { lowerGraph } from '../lowering/lower-graph.js';
import type { OnnxValueInfo } from '../onnx-model.js';
import type { OnnxBuffer } from '../onnx-session.js';
import { markedIfLarge } from '../outputs-in-place.js';
import { openPreparation, type Preparation } from './preparation.js';
import { splitByWeights } from './split-by-weights.js';

/** From so many runs with the same weights on, matrices of a product are arranged as filters: that takes as long as six runs then save. */
const RUNS_FOR_FILTERS = 8;

/**
 * Runs a graph whose weights are fed to each run. If several runs in a row have the same weights, what depends on them alone is computed at the
 * first of these: filters are arranged once, and no session has to be opened when weights change.
 */
export function preparedProgram(graph: Graph, hints: ProgramHints, pool: ArrayPool): Program<Values> {
  let current: OpenProgram | undefined;
  return {
    run: (buffers) => {
      current ??= open(graph, hints, pool, buffers);
      const { preparation, prepared, session } = current;
      preparation?.update(buffers);
      return session.run(buffers, prepared);
    },
    dispose: () => {
      current?.preparation?.dispose();
      current?.session.dispose();
      current = undefined;
    },
  };
}

interface OpenProgram {
  readonly preparation: Preparation | undefined;
  /** What the rest takes of the preparation, by name. */
  readonly prepared: Readonly<Record<string, OnnxBuffer>>;
  readonly session: GraphSession;
}

function open(graph: Graph, hints: ProgramHints, pool: ArrayPool, buffers: readonly Values[]): OpenProgram {
  const arrangedOnce = new Set(weightsFor(graph, hints, RUNS_FOR_FILTERS));
  const { onnx, inputs, outputs } = lowerGraph(graph, { arrangedOnce, block: channelsOfBlock() });
  const split = splitByWeights(onnx, new Set(weightsFor(graph, hints, 2).flatMap((id) => inputs.get(id) ?? [])));
  const places = new Map(fedTo(graph, inputs).map(({ name, place }) => [name, place]));
  const fedOf = (infos: readonly OnnxValueInfo[]): readonly FedInput[] =>
    infos.flatMap(({ name, type, shape }) => {
      const place = places.get(split.views.get(name)?.of ?? name);
      return place === undefined ? [] : [{ name, place, type, shape: shape.map(Number) }];
    });
  const threads = isForThreads(graph);
  const isEmpty = split.preparation.outputs.length === 0;
  const preparation = isEmpty
    ? undefined
    : openPreparation(split.preparation, fedOf(split.preparation.inputs), threads, buffers);
  const values = preparation?.values ?? {};
  const rest = split.rest(Object.entries(values).map(([name, value]) => ({ name, ...value })));
  const prepared = rest.inputs.flatMap(({ name, type, shape }) => {
    const data = values[split.views.get(name)?.of ?? name]?.data;
    return data === undefined ? [] : [[name, { type, shape: shape.map(Number), data }] as const];
  });
  const session = openGraphSession(encodeModel({ graph: markedIfLarge(rest) }), {
    ...{ pool, threads },
    ...{ fed: fedOf(rest.inputs), fetched: fetchedFrom(graph, outputs) },
  });
  return { preparation, prepared: Object.fromEntries(prepared), session };
}
