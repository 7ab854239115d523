import type { Program, ProgramHints } from '../compiled/runtime.js';
import type { Graph } from '../graph/graph.js';
import type { Values } from '../graph/ops/sources.js';
import { alignedCopy, type OnnxArray } from './aligned-copy.js';
import type { ArrayPool } from './array-pool.js';
import { channelsOfBlock } from './blocks.js';
import { encodeModel } from './encode-model.js';
import { fedTo, fetchedFrom, isForThreads } from './graph-ports.js';
import { openGraphSession, type FedInput, type GraphSession } from './graph-session.js';
import { lowerGraph } from './lowering/lower-graph.js';
import type { OnnxUntypedGraph, OnnxValueInfo } from './onnx-model.js';
import { openSession, type OnnxBuffer } from './onnx-session.js';
import { markedAsWritten, markedIfLarge } from './outputs-in-place.js';
import { splitByWeights } from './split-by-weights.js';

/** From so many runs with the same weights on, matrices of a product are arranged as filters: that takes as long as a dozen runs then save. */
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
      const { preparation, session } = current;
      preparation?.update(buffers);
      return session.run(buffers, preparation?.feeds);
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
  readonly session: GraphSession;
}

/** What is computed of weights alone. */
interface Preparation {
  /** What the rest takes of it, by name. */
  readonly feeds: Readonly<Record<string, OnnxBuffer>>;
  /** Computes it, if the weights are not those that it is of. */
  readonly update: (buffers: readonly Values[]) => void;
  readonly dispose: () => void;
}

function open(
  graph: Graph,
  { weights, runsPerWeights }: ProgramHints,
  pool: ArrayPool,
  buffers: readonly Values[],
): OpenProgram {
  const ofWeights = (leastRuns: number) => (runsPerWeights >= leastRuns ? graph.inputs.slice(0, weights) : []);
  const arrangedOnce = new Set(ofWeights(RUNS_FOR_FILTERS));
  const { onnx, inputs, outputs } = lowerGraph(graph, { arrangedOnce, block: channelsOfBlock() });
  const split = splitByWeights(onnx, new Set(ofWeights(2).flatMap((id) => inputs.get(id) ?? [])));
  const places = new Map(fedTo(graph, inputs).map(({ name, place }) => [name, place]));
  const fedOf = (infos: readonly OnnxValueInfo[]): readonly FedInput[] =>
    infos.flatMap(({ name, type, shape }) => {
      const place = places.get(split.views.get(name)?.of ?? name);
      return place === undefined ? [] : [{ name, place, type, shape: shape.map(Number) }];
    });
  const threads = isForThreads(graph);
  const prepared = openPreparation(split.preparation, fedOf(split.preparation.inputs), threads, buffers);
  const rest = split.rest(Object.entries(prepared?.values ?? {}).map(([name, value]) => ({ name, ...value })));
  const feeds = rest.inputs.flatMap(({ name, type, shape }) => {
    const data = prepared?.values[split.views.get(name)?.of ?? name]?.data;
    return data === undefined ? [] : [[name, { type, shape: shape.map(Number), data }] as const];
  });
  const session = openGraphSession(encodeModel({ graph: markedIfLarge(rest) }), {
    ...{ pool, threads },
    ...{ fed: fedOf(rest.inputs), fetched: fetchedFrom(graph, outputs) },
  });
  return { session, preparation: prepared && { ...prepared, feeds: Object.fromEntries(feeds) } };
}

/**
 * Computes what the graph gives of the first weights, and so finds out what types it has.
 *
 * @returns values: those, in memory that is written to again when the weights are others; undefined if the graph gives nothing
 */
function openPreparation(
  graph: OnnxUntypedGraph,
  fed: readonly FedInput[],
  threads: boolean,
  buffers: readonly Values[],
): (Omit<Preparation, 'feeds'> & { readonly values: Preparation['feeds'] }) | undefined {
  if (graph.outputs.length === 0) return undefined;
  const weightsIn = (all: readonly Values[]) => fed.map(({ place }) => all[place] as Values);
  const feedsOf = (weights: readonly Values[]): Readonly<Record<string, OnnxBuffer>> =>
    Object.fromEntries(fed.map(({ name, type, shape }, i) => [name, { type, shape, data: weights[i] as Values }]));
  const session = openSession(encodeModel({ graph: markedAsWritten(graph) }), threads ? {} : { intraOpNumThreads: 1 });
  let of: readonly Values[] | undefined = weightsIn(buffers);
  const first = session.compute(
    feedsOf(of),
    graph.outputs.map(({ name }) => name),
  );
  const values = Object.fromEntries(
    Object.entries(first).map(([name, value]) => [name, { ...value, data: alignedCopy(value.data as OnnxArray) }]),
  );
  return {
    values,
    update: (all) => {
      const weights = weightsIn(all);
      if (of !== undefined && weights.every((value, i) => value === of?.[i])) return;
      of = undefined;
      session.run(feedsOf(weights), values);
      of = weights;
    },
    dispose: () => {
      session.dispose();
    },
  };
}
