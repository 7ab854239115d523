import type { ProgramHints } from '../compiled/runtime.js';
import { nodeAt, type Graph, type NodeId } from '../graph/graph.js';

/** From so many runs with the same weights on, filters pay as constants. */
const RUNS_FOR_FILTERS = 2;
/** The same for matrices. */
const RUNS_FOR_MATRICES = 16;

/**
 * The weights that are worth being constants of a session, which has to be made again when they change.
 *
 * With constant filters ONNX Runtime convolves in a layout of its own, which takes half the time, and they are small. Constant matrices are packed
 * once, not at each run, which saves 2 of 4.4 ms where LeNet5's hidden layer is multiplied forward and backward by 50 examples; but packing them
 * into a new session takes 30 ms.
 */
export function constantWeights(graph: Graph, { weights, runsPerWeights }: ProgramHints): readonly NodeId[] {
  if (runsPerWeights < RUNS_FOR_FILTERS) return [];
  return graph.inputs
    .slice(0, weights)
    .filter((id) => runsPerWeights >= RUNS_FOR_MATRICES || nodeAt(graph, id).shape.length !== 2);
}
