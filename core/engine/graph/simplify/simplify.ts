import type { Graph } from '../graph.js';
import { broadcastOperands, rearrangements } from './arrangements.js';
import { foldConstants } from './constants.js';
import { masks, neutralOperands, undoneOperations } from './identities.js';
import { rewrite, type Rule } from './rewriting.js';

/** What is left out of a graph, in this order at each node. */
const RULES: readonly Rule[] = [
  foldConstants,
  undoneOperations,
  neutralOperands,
  rearrangements,
  broadcastOperands,
  masks,
];

/** A graph that computes the same with less: no node twice, none in vain, constants computed. */
export function simplify(graph: Graph): Graph {
  return rewrite(graph, RULES);
}
