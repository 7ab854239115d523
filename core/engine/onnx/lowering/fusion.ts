import type { Graph, NodeId } from '../../graph/graph.js';
import type { Layout } from './layout.js';
import type { Lowering } from './lower-op.js';

/** Another lowering of a node, which reads past its operands. */
export interface Fusion {
  /** What it reads instead of the node's operands. */
  readonly inputs: readonly NodeId[];
  /** The layout in which it is best computed, if that is not for its operands to say. */
  readonly layout?: Layout;
  /** @returns the name of the node's value in the layout that it is computed in */
  readonly lower: (lowering: Lowering, layout: Layout) => string;
}

/** Finds the nodes of a graph that one kind of fusion lowers. */
export type FindFusions = (graph: Graph, known: KnownOfGraph) => ReadonlyMap<NodeId, Fusion>;

/** What else is known when fusions are looked for. */
export interface KnownOfGraph {
  readonly uses: Uses;
  /** Whether a node's value is known when the session opens. */
  readonly isConstant: (id: NodeId) => boolean;
  /** Whether what is made of a node alone is made once for many runs. */
  readonly isArrangedOnce: (id: NodeId) => boolean;
  readonly block: number | undefined;
}

/** Which nodes use a node. The graph's outputs count as uses by `undefined`. */
export type Uses = (id: NodeId) => readonly (NodeId | undefined)[];

export function usesOf(graph: Graph): Uses {
  const uses = new Map<NodeId, (NodeId | undefined)[]>();
  const add = (id: NodeId, user: NodeId | undefined) => {
    const known = uses.get(id);
    if (known === undefined) uses.set(id, [user]);
    else known.push(user);
  };
  graph.nodes.forEach((node, user) => {
    for (const id of node.inputs) add(id, user);
  });
  for (const id of graph.outputs) add(id, undefined);
  return (id) => uses.get(id) ?? [];
}
