import { graphBuilder } from '../graph-builder.js';
import { nodeAt, type Graph, type Node, type NodeId, type Shape } from '../graph.js';
import type { Attributes, OpName } from '../ops/ops.js';

/** A graph that is being written anew. */
export interface Rewriting {
  /** Adds a node, or finds one that computes the same. */
  add<K extends OpName>(op: K, inputs: readonly NodeId[], attrs: Attributes[K]): NodeId;
  /** A node of the new graph. */
  node(id: NodeId): Node;
  /** A float32 constant whose elements are all equal. */
  fill(value: number, shape: Shape): NodeId;
}

/**
 * Looks at one node, whose operands have been rewritten already.
 *
 * @returns a node of the same type that computes the same with less; undefined where the rule has nothing to say
 */
export type Rule = (node: Node, rewriting: Rewriting) => NodeId | undefined;

/**
 * Writes a graph anew by rules, the first that applies to a node; nodes that compute the same become one, and nodes that no output depends on
 * are left out. Inputs stay.
 */
export function rewrite(graph: Graph, rules: readonly Rule[]): Graph {
  const builder = graphBuilder();
  const known = new Map<string, NodeId>();
  const rewriting: Rewriting = {
    node: (id) => nodeAt(builder, id),
    fill: (value, shape) => rewriting.add('constant', [], { values: Float32Array.of(value), shape, dtype: 'float32' }),
    add: (op, inputs, attrs) => {
      const key = keyOf(op, inputs, attrs);
      const same = key === undefined ? undefined : known.get(key);
      if (same !== undefined) return same;
      const id = builder.add(op, inputs, attrs);
      const better = rules.reduce<NodeId | undefined>(
        (found, rule) => found ?? rule(nodeAt(builder, id), rewriting),
        undefined,
      );
      const result = better ?? id;
      if (key !== undefined) known.set(key, result);
      return result;
    },
  };
  const live = reachable(graph, graph.outputs);
  const moved = new Map<NodeId, NodeId>();
  const to = (id: NodeId): NodeId => moved.get(id) ?? id;
  graph.nodes.forEach((node, id) => {
    if (node.op === 'input') moved.set(id, builder.input(node.attrs.name, node));
    else if (live.has(id)) moved.set(id, rewriting.add(node.op, node.inputs.map(to), node.attrs));
  });
  const inputs = graph.inputs.map(to);
  return withoutDeadNodes({ nodes: builder.nodes, inputs, outputs: graph.outputs.map(to) });
}

/** The graph without nodes that no output depends on. */
function withoutDeadNodes(graph: Graph): Graph {
  const live = reachable(graph, [...graph.inputs, ...graph.outputs]);
  const moved = new Map<NodeId, NodeId>();
  const nodes: Node[] = [];
  graph.nodes.forEach((node, id) => {
    if (!live.has(id)) return;
    moved.set(id, nodes.length);
    nodes.push({ ...node, inputs: node.inputs.map((operand) => moved.get(operand) ?? operand) });
  });
  const to = (id: NodeId): NodeId => moved.get(id) ?? id;
  return { nodes, inputs: graph.inputs.map(to), outputs: graph.outputs.map(to) };
}

function reachable({ nodes }: Pick<Graph, 'nodes'>, from: readonly NodeId[]): Set<NodeId> {
  const live = new Set(from);
  // Operands stand before what uses them, so one pass backwards sees every node after all of its users.
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!live.has(id)) continue;
    for (const operand of nodeAt({ nodes }, id).inputs) live.add(operand);
  }
  return live;
}

/** Nodes of one key compute the same; undefined for large constants, which are not compared. */
function keyOf<K extends OpName>(op: K, inputs: readonly NodeId[], attrs: Attributes[K]): string | undefined {
  if (op !== 'constant') return `${op}(${inputs.join()})${JSON.stringify(attrs)}`;
  const { values, shape, dtype } = attrs as Attributes['constant'];
  // JSON knows neither −0 nor infinities.
  if (values.length > 1) return undefined;
  const [value = 0] = values;
  return `constant ${Object.is(value, -0) ? '-0' : String(value)} ${dtype}[${shape.join()}]`;
}
