import type { OnnxGraph, OnnxNode, OnnxUntypedGraph, OnnxValueInfo } from '../onnx-model.js';

/** The elements of another value in a shape of their own. */
export interface View {
  readonly of: string;
  readonly shape: readonly number[];
}

/** A graph in two: what is computed of weights alone, and the rest. */
export interface SplitGraph {
  /** Takes weights, or views of them. */
  readonly preparation: OnnxUntypedGraph;
  /** Takes the other inputs, and weights, what the preparation gives, or views of those. @param given the preparation's outputs */
  readonly rest: (given: readonly OnnxValueInfo[]) => OnnxGraph;
  /** What those inputs are that are views. */
  readonly views: ReadonlyMap<string, View>;
}

/** What a value depends on: on nothing that is fed, on weights, or on other inputs too. */
type Source = 'constants' | 'weights' | 'inputs';

/**
 * Divides a graph so that what depends on weights alone can be computed once for many runs: filters that are put in blocks or turned around,
 * factors of normalisations. Where a reshape would be the first or the last thing that is done there, the value is fed in the other shape instead: ONNX
 * Runtime copies what it is fed to reshape it.
 *
 * @param weights names of inputs
 */
export function splitByWeights(graph: OnnxGraph, weights: ReadonlySet<string>): SplitGraph {
  const { initializers } = graph;
  const nodes = bySource(graph, weights);
  const views = viewsBy(nodes.weights, initializers);
  const isFed = ({ outputs: [name = ''] }: OnnxNode) => weights.has(views.get(name)?.of ?? '');
  const computed = nodes.weights.filter((node) => !isFed(node));
  const results = new Set(computed.flatMap(({ outputs }) => outputs));
  const taken = [...namesReadBy(nodes.inputs)].map((name) => views.get(name)?.of ?? name);
  const given = [...new Set(taken)].filter((name) => results.has(name));
  const part = (own: readonly OnnxNode[], known: readonly OnnxValueInfo[]) => {
    const all = [...neededFor(namesReadBy(own), nodes.constants), ...own];
    const read = namesReadBy(all);
    const made = new Set(all.flatMap(({ outputs }) => outputs));
    const types = new Map(known.map((info) => [info.name, info]));
    const inputs = [...read].flatMap((name) => {
      const view = views.get(name);
      const base = made.has(name) ? undefined : types.get(view?.of ?? name);
      return base === undefined ? [] : [{ name, type: base.type, shape: view?.shape ?? base.shape }];
    });
    const constants = new Map([...initializers].filter(([name]) => read.has(name)));
    return { name: graph.name, nodes: all, inputs, initializers: constants };
  };
  const preparation = part(neededFor(given, computed), graph.inputs);
  return {
    views,
    preparation: { ...preparation, outputs: given.map((name) => ({ name })) },
    rest: (infos) => ({ ...part(nodes.inputs, [...graph.inputs, ...infos]), outputs: graph.outputs }),
  };
}

/** The reshapes among nodes as views of what is not a reshape. */
function viewsBy(nodes: readonly OnnxNode[], constants: OnnxGraph['initializers']): ReadonlyMap<string, View> {
  const views = new Map<string, View>();
  for (const { op, inputs, outputs } of nodes) {
    const [of = '', extents = ''] = inputs;
    const shape = constants.get(extents)?.data;
    if (op !== 'Reshape' || !(shape instanceof BigInt64Array)) continue;
    for (const name of outputs) views.set(name, { of: views.get(of)?.of ?? of, shape: Array.from(shape, Number) });
  }
  return views;
}

function bySource(graph: OnnxGraph, weights: ReadonlySet<string>): Readonly<Record<Source, readonly OnnxNode[]>> {
  const sources = new Map<string, Source>(
    graph.inputs.map(({ name }) => [name, weights.has(name) ? 'weights' : 'inputs']),
  );
  const results = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Record<Source, OnnxNode[]> = { constants: [], weights: [], inputs: [] };
  for (const node of graph.nodes) {
    // The rest has all results of the graph, so that whoever runs it reads them in one place.
    const source = node.outputs.some((name) => results.has(name)) ? 'inputs' : sourceOf(node, sources);
    nodes[source].push(node);
    for (const name of node.outputs) sources.set(name, source);
  }
  return nodes;
}

function sourceOf({ inputs }: OnnxNode, sources: ReadonlyMap<string, Source>): Source {
  const found = new Set(inputs.map((name) => sources.get(name) ?? 'constants'));
  if (found.has('inputs')) return 'inputs';
  return found.has('weights') ? 'weights' : 'constants';
}

const namesReadBy = (nodes: readonly OnnxNode[]): ReadonlySet<string> => new Set(nodes.flatMap(({ inputs }) => inputs));

/** Those nodes, in their order, that values need. */
function neededFor(values: Iterable<string>, nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const read = new Set(values);
  const needed = nodes.toReversed().filter(({ inputs, outputs }) => {
    const isNeeded = outputs.some((name) => read.has(name));
    if (isNeeded) for (const name of inputs) read.add(name);
    return isNeeded;
  });
  return needed.reverse();
}
