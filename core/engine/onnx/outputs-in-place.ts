import { byteLengthOf, type OnnxGraph, type OnnxUntypedGraph } from './onnx-model.js';

/** The name of an output that says that all outputs have been written. */
export const WRITTEN = 'outputs_written';

/**
 * Puts an output before all others, a single number, at which the binding may be stopped before it copies the others (see `runInPlace`). A session that
 * is opened for such a model is.
 */
export function markedAsWritten(graph: OnnxGraph | OnnxUntypedGraph): OnnxUntypedGraph {
  const number = `${WRITTEN}_number`;
  const mark = { name: WRITTEN, type: 'float32', shape: [1] } as const;
  return {
    ...graph,
    initializers: new Map([...graph.initializers, [number, { type: 'float32', shape: [1], data: Float32Array.of(1) }]]),
    nodes: [...graph.nodes, { op: 'Identity', inputs: [number], outputs: [WRITTEN] }],
    outputs: [mark, ...graph.outputs],
  };
}

/** Copying so many bytes takes about as long as to stop before: 20 µs. */
const COPIED_BYTES = 2 ** 17;

/** A graph as it is to be run: marked, if copies of its outputs would take long. */
export function markedIfLarge(graph: OnnxGraph): OnnxUntypedGraph {
  const bytes = graph.outputs.reduce((sum, { type, shape }) => sum + byteLengthOf(type, shape.map(Number)), 0);
  return bytes > COPIED_BYTES ? markedAsWritten(graph) : graph;
}
