import type { Graph, NodeId } from '../../graph/graph.js';
import type { Layout } from './layout.js';
import type { Lowering } from './lower-op.js';

/** Another lowering of a node, which reads past its operands. */
export interface Fusion {
  /** What it reads instead of the node's operands. */
  readonly inputs: readonly NodeId[];
  /** @returns the name of the node's value in the layout that it is computed in */
  readonly lower: (lowering: Lowering, layout: Layout) => string;
}

/** Finds the nodes of a graph that one kind of fusion lowers. */
export type FindFusions = (
  graph: Graph,
  uses: Uses,
  /** Whether a node's value is known when the session opens. */
  isConstant: (id: NodeId) => boolean,
  block: number | undefined,
) => ReadonlyMap<NodeId, Fusion>;

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
