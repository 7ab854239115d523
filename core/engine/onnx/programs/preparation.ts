import type { Values } from '../../graph/ops/sources.js';
import { encodeModel } from '../encode-model.js';
import type { OnnxUntypedGraph } from '../onnx-model.js';
import { openSession, type OnnxBuffer } from '../onnx-session.js';
import { markedAsWritten } from '../outputs-in-place.js';
import { alignedCopy, type OnnxArray } from './aligned-copy.js';
import type { FedInput } from './graph-session.js';

/** What is computed of weights alone. */
export interface Preparation {
  /** What it gives, by name, in memory that is written to again when the weights are others. */
  readonly values: Readonly<Record<string, OnnxBuffer>>;
  /** Computes it, if the weights are not those that it is of. @param all a graph's inputs */
  readonly update: (all: readonly Values[]) => void;
  readonly dispose: () => void;
}

/** Computes what a graph gives of the first weights, and so finds out what types that has. @param buffers all inputs, of which weights are fed */
export function openPreparation(
  graph: OnnxUntypedGraph,
  fed: readonly FedInput[],
  threads: boolean,
  buffers: readonly Values[],
): Preparation {
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
