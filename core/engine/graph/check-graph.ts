import { DomainError } from '../../errors.js';
import { inferType } from './graph-builder.js';
import { nodeAt, type Graph } from './graph.js';
import { sameShape } from './ops/broadcast.js';

/**
 * Checks a graph as whoever runs it relies on it: operands stand before what uses them, each node's type follows from its operands and
 * attributes, inputs and outputs are there.
 *
 * @throws internal naming the node
 */
export function checkGraph(graph: Graph): void {
  const fail = (id: number, problem: string): never => {
    throw new DomainError('internal', `graph: %${id}: ${problem}`);
  };
  graph.nodes.forEach((node, id) => {
    for (const operand of node.inputs)
      if (!(operand >= 0 && operand < id)) fail(id, `expected operands before it, got %${operand}`);
    const operands = node.inputs.map((operand) => nodeAt(graph, operand));
    const { shape, dtype } = inferType(node.op, operands, node.attrs);
    if (!sameShape(shape, node.shape) || dtype !== node.dtype)
      fail(id, `expected ${node.op} of ${dtype}[${shape.join()}], got ${node.dtype}[${node.shape.join()}]`);
    if ((node.op === 'input') !== graph.inputs.includes(id))
      fail(id, `expected an input to be listed once, got ${node.op}`);
  });
  if (new Set(graph.inputs).size !== graph.inputs.length)
    fail(graph.inputs[0] ?? 0, 'expected inputs once, got one twice');
  for (const id of [...graph.inputs, ...graph.outputs]) nodeAt(graph, id);
}
