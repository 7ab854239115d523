import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from '../onnx-model.js';

/** The same graph with other names for its values; nodes have no graphs of their own. */
export function renameValues(graph: OnnxGraph, nameOf: (name: string) => string): OnnxGraph {
  // The empty name is an input that is left out.
  const all = (names: readonly string[]) => names.map((name) => (name === '' ? '' : nameOf(name)));
  const info = (value: OnnxValueInfo): OnnxValueInfo => ({ ...value, name: nameOf(value.name) });
  return {
    name: graph.name,
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    initializers: new Map(
      [...graph.initializers].map(([name, tensor]): [string, OnnxTensor] => [nameOf(name), tensor]),
    ),
    nodes: graph.nodes.map((node): OnnxNode => ({ ...node, inputs: all(node.inputs), outputs: all(node.outputs) })),
  };
}
