import type { ProgramHints } from '../compiled/runtime.js';
import { nodeAt, sizeOf, type Graph, type NodeId } from '../graph/graph.js';

/**
 * From so many runs with the same weights on, constant weights may pay: matrices are packed and filters arranged once, not at each run, which saves
 * about 0.25 ms a megabyte; but a session that has to be opened for them takes as long as ten such runs,
 */
const RUNS_FOR_WEIGHTS = 10;

/** and 8 ms more, in which 32 megabytes are packed. */
const BYTES_FOR_SESSION = 32e6;

const BYTES_OF_ELEMENT = 4;

/** The weights that are worth being constants of a session, which has to be opened again when they change: all of them or none. */
export function constantWeights(graph: Graph, { weights, runsPerWeights }: ProgramHints): readonly NodeId[] {
  const ids = graph.inputs.slice(0, weights);
  const bytes = ids.reduce((sum, id) => sum + BYTES_OF_ELEMENT * sizeOf(nodeAt(graph, id).shape), 0);
  return bytes * (runsPerWeights - RUNS_FOR_WEIGHTS) > BYTES_FOR_SESSION ? ids : [];
}
