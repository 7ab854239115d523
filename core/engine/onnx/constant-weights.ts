import type { ProgramHints } from '../compiled/runtime.js';
import { nodeAt, type Graph, type NodeId } from '../graph/graph.js';
import { multiplicationsOf } from './multiplications.js';

/**
 * From so many multiplications with the same weights on, constant filters pay: with them ONNX Runtime convolves in a layout of its own, which takes
 * a third of the time where there are many channels; but a session takes 5 to 15 ms to open, and as long again to close.
 */
const MULTIPLICATIONS_FOR_FILTERS = 2e9;

/** A pass with gradients in the weights gains less: LeNet5's with 50 examples, of 2.5e9, none of the 20 ms that its session takes to open. */
const MULTIPLICATIONS_FOR_ONE_RUN = 1e10;

/**
 * From so many runs with the same weights on, constant matrices pay: they are packed once, not at each run, which saves 2 of 4.4 ms where LeNet5's
 * hidden layer is multiplied forward and backward by 50 examples; but packing them into a new session takes 30 ms.
 */
const RUNS_FOR_MATRICES = 16;

/** The weights that are worth being constants of a session, which has to be opened again when they change. */
export function constantWeights(graph: Graph, { weights, runsPerWeights }: ProgramHints): readonly NodeId[] {
  const matrices = runsPerWeights >= RUNS_FOR_MATRICES;
  const enough = runsPerWeights > 1 ? MULTIPLICATIONS_FOR_FILTERS : MULTIPLICATIONS_FOR_ONE_RUN;
  const filters = matrices || runsPerWeights * multiplicationsOf(graph) >= enough;
  return graph.inputs.slice(0, weights).filter((id) => (nodeAt(graph, id).shape.length === 2 ? matrices : filters));
}
