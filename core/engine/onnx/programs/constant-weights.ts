import type { ProgramHints } from '../../compiled/runtime.js';
import type { Graph, NodeId } from '../../graph/graph.js';

/** A graph's weights, if so many runs in a row have the same. */
export const weightsFor = (
  graph: Graph,
  { weights, runsPerWeights }: ProgramHints,
  leastRuns: number,
): readonly NodeId[] => (runsPerWeights >= leastRuns ? graph.inputs.slice(0, weights) : []);

/**
 * The weights that become constants of a session: those that last, all of them, and none that are to be replaced. With constants the runtime packs
 * matrices and fuses operators as it opens the session; but to open another costs more than what constants save in a step of training: 60 ms and a second copy
 * in memory for LeNet5, where 40 gradients take 550 either way.
 */
export const constantWeights = (graph: Graph, hints: ProgramHints): readonly NodeId[] =>
  weightsFor(graph, hints, Infinity);
