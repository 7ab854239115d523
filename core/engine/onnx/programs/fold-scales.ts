import { graphBuilder } from '../../graph/graph-builder.js';
import { isOp, nodeAt, type Graph, type NodeId } from '../../graph/graph.js';
import { usesOf } from '../lowering/fusion.js';

/** Two nodes that become one: a convolution, or its gradient in the images, and the product with factors for the filters' out-channels. */
interface Scaled {
  /** The later one, in whose place the one comes. */
  readonly id: NodeId;
  /** The earlier one, which is left out. */
  readonly first: NodeId;
  readonly convolution: NodeId;
  /** What it is a convolution of. */
  readonly images: NodeId;
  readonly filters: NodeId;
  readonly factors: NodeId;
}

/**
 * Scales filters where a graph scales, channel by channel, what they give, or the gradient that goes back through them:
 *
 *     s · (x ∗ W) = x ∗ (sW)          (s · dy) ∗ Wᵀ = dy ∗ (sW)ᵀ
 *
 * Only where s and W are of weights alone that last, so that sW is computed once: batch normalisation after a convolution, in evaluation mode, then costs
 * nothing. Rounding differs in the last place.
 *
 * @param lasting inputs that are weights
 */
export function foldScales(graph: Graph, lasting: readonly NodeId[]): Graph {
  const found = scaledIn(graph, lasting);
  if (found.length === 0) return graph;
  const places = new Map(found.map((scaled) => [scaled.id, scaled]));
  const leftOut = new Set(found.map(({ first }) => first));
  const builder = graphBuilder();
  const moved = new Map<NodeId, NodeId>();
  const to = (id: NodeId): NodeId => moved.get(id) ?? id;
  const products = new Map<string, NodeId>();
  const scaledFilters = ({ filters, factors }: Scaled): NodeId => {
    const key = `${filters} ${factors}`;
    const product = products.get(key) ?? builder.add('mul', [to(filters), to(factors)], {});
    products.set(key, product);
    return product;
  };
  graph.nodes.forEach((node, id) => {
    const scaled = places.get(id);
    if (node.op === 'input') moved.set(id, builder.input(node.attrs.name, node));
    else if (scaled !== undefined) {
      const { op, attrs } = nodeAt(graph, scaled.convolution);
      moved.set(id, builder.add(op, [to(scaled.images), scaledFilters(scaled)], attrs));
    } else if (!leftOut.has(id)) moved.set(id, builder.add(node.op, node.inputs.map(to), node.attrs));
  });
  return { ...builder.finish(graph.outputs.map(to)), inputs: graph.inputs.map(to) };
}

function scaledIn(graph: Graph, lasting: readonly NodeId[]): readonly Scaled[] {
  const uses = usesOf(graph);
  const ofWeights = dependentOn(graph, lasting);
  const taken = new Set<NodeId>();
  return [...graph.nodes.keys()].flatMap((id) => {
    const scaled = productOfConvolution(graph, id) ?? gradientOfProduct(graph, id);
    if (scaled === undefined || taken.has(scaled.first) || uses(scaled.first).length > 1) return [];
    if (![scaled.factors, scaled.filters].every((each) => ofWeights.has(each))) return [];
    taken.add(id);
    return [scaled];
  });
}

/** s · (x ∗ W). */
function productOfConvolution(graph: Graph, id: NodeId): Scaled | undefined {
  const product = productAt(graph, id);
  const convolution = nodeAt(graph, product?.scaled ?? id);
  if (product === undefined || !isOp(convolution, 'conv2d')) return undefined;
  const [images = 0, filters = 0] = convolution.inputs;
  return { id, first: product.scaled, convolution: product.scaled, images, filters, factors: product.factors };
}

/** (s · dy) ∗ Wᵀ. */
function gradientOfProduct(graph: Graph, id: NodeId): Scaled | undefined {
  const gradient = nodeAt(graph, id);
  const [dy = 0, filters = 0] = gradient.inputs;
  const product = isOp(gradient, 'conv2dImageGradient') ? productAt(graph, dy) : undefined;
  return product && { id, first: dy, convolution: id, images: product.scaled, filters, factors: product.factors };
}

/** What is scaled channel by channel, and by what. */
function productAt(graph: Graph, id: NodeId): { readonly scaled: NodeId; readonly factors: NodeId } | undefined {
  const node = nodeAt(graph, id);
  if (node.op !== 'mul') return undefined;
  const pairs = [node.inputs, node.inputs.toReversed()].map(([scaled = 0, factors = 0]) => ({ scaled, factors }));
  return pairs.find(({ scaled, factors }) => {
    const { shape } = nodeAt(graph, factors);
    return shape.length === 1 && shape[0] === node.shape[3] && nodeAt(graph, scaled).shape.length === 4;
  });
}

/** Those nodes that depend on given inputs and on constants alone. */
function dependentOn(graph: Graph, inputs: readonly NodeId[]): ReadonlySet<NodeId> {
  const dependent = new Set(inputs);
  graph.nodes.forEach(({ op, inputs: operands }, id) => {
    if (op !== 'input' && operands.every((each) => dependent.has(each))) dependent.add(id);
  });
  return dependent;
}
