import type { Graph, Node } from './graph.js';

/** A constant is printed whole up to so many values. */
const PRINTED_VALUES = 4;

/** A graph as text, one node a line, for people. */
export function printGraph(graph: Graph): string {
  const parameters = graph.inputs.map((id) => `%${id}`).join(', ');
  const lines = graph.nodes.map((node, id) => `  %${id} = ${printNode(node)}`);
  return [`graph(${parameters}) {`, ...lines, `  return ${graph.outputs.map((id) => `%${id}`).join(', ')}`, '}'].join(
    '\n',
  );
}

function printNode(node: Node): string {
  const type = `${node.dtype}[${node.shape.join(', ')}]`;
  const operands = node.inputs.map((id) => `%${id}`).join(', ');
  switch (node.op) {
    case 'input':
      return `input ${JSON.stringify(node.attrs.name)}: ${type}`;
    case 'constant': {
      const { values } = node.attrs;
      const some = Array.from(values.subarray(0, PRINTED_VALUES), String).join(', ');
      return `constant ${values.length > PRINTED_VALUES ? `${some}, …` : some}: ${type}`;
    }
    default: {
      const attrs = Object.entries(node.attrs as Readonly<Record<string, unknown>>);
      const printed = attrs.map(([name, value]) => `${name}: ${printAttribute(value)}`).join(', ');
      return `${node.op}(${operands})${printed === '' ? '' : ` {${printed}}`}: ${type}`;
    }
  }
}

function printAttribute(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printAttribute).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `[${Object.values(value).map(printAttribute).join(', ')}]`;
}
