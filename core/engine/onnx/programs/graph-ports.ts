import { nodeAt, sizeOf, type Graph } from '../../graph/graph.js';
import type { FedInput, FetchedOutput } from './graph-session.js';
import type { Lowered } from '../lowering/lower-graph.js';
import { multiplicationsOf } from './multiplications.js';

/** From so many multiplications on, threads share a graph's work; below, waiting for each other takes them longer than the work. */
const MULTIPLICATIONS_FOR_THREADS = 2e7;

/** From so many elements of one tensor on, too: Adam's step multiplies no matrices, but goes through LeNet5's three million weights a dozen times. */
const ELEMENTS_FOR_THREADS = 2 ** 20;

/** Whether threads are to share a graph's work. */
export const isForThreads = (graph: Graph): boolean =>
  multiplicationsOf(graph) >= MULTIPLICATIONS_FOR_THREADS ||
  graph.nodes.some(({ shape }) => sizeOf(shape) >= ELEMENTS_FOR_THREADS);

/** Those of a graph's inputs that its lowering reads. */
export const fedTo = (graph: Graph, inputs: Lowered['inputs']): readonly FedInput[] =>
  graph.inputs.flatMap((id, place) => {
    const name = inputs.get(id);
    const { shape, dtype } = nodeAt(graph, id);
    return name === undefined ? [] : [{ name, place, type: dtype, shape }];
  });

/** A graph's outputs. */
export const fetchedFrom = (graph: Graph, outputs: Lowered['outputs']): readonly FetchedOutput[] =>
  graph.outputs.map((id, i) => ({ name: outputs[i] ?? '', type: nodeAt(graph, id) }));
