import { nodeAt, type DataType, type Graph, type NodeId, type Shape } from '../../graph/graph.js';
import type { OnnxGraph, OnnxTensor } from '../onnx-model.js';
import { fuseBiases } from './bias.js';
import { fuseChannelFactors } from './channel-factors.js';
import { usesOf, type FindFusions, type Fusion } from './fusion.js';
import { inLayout } from './blocked.js';
import { fuseBlockedProducts } from './blocked-product.js';
import { axisIn, keepsOrder, permuted, shapeIn, TO_FIRST, type Layout } from './layout.js';
import type { Lowering } from './lower-op.js';
import { loweringOf } from './lowerings.js';
import { fusePooledConvolutions } from './pooled-convolution.js';
import { fuseRectifierGradients } from './rectifier-gradient.js';
import { nodeEmitter } from './node-emitter.js';
import { planLayouts } from './plan-layouts.js';

/** A graph as ONNX, and the names of its inputs and outputs there. */
export interface Lowered {
  readonly onnx: OnnxGraph;
  /** The name of each of the graph's inputs that is not a constant. */
  readonly inputs: ReadonlyMap<NodeId, string>;
  /** The name of each of the graph's outputs. */
  readonly outputs: readonly string[];
}

/** From general to special: a later one takes a node from an earlier one. */
const FUSIONS: readonly FindFusions[] = [
  fuseChannelFactors,
  fuseBiases,
  fuseRectifierGradients,
  fusePooledConvolutions,
  fuseBlockedProducts,
];

/** What an input that has become a constant is called among the initializers. */
export const weightName = (id: NodeId): string => `weight_${id}`;

export interface LoweringOptions {
  /** Values of inputs that are constants from now on. */
  readonly constants?: ReadonlyMap<NodeId, OnnxTensor>;
  /** Inputs of which what is made of them alone is made once for many runs. */
  readonly arrangedOnce?: ReadonlySet<NodeId>;
  /** How many channels a block has in ONNX Runtime's own operators; not given: the standard's operators alone, which any runtime has. */
  readonly block?: number | undefined;
}

/** States a graph in ONNX' operators. Only what the outputs need is stated. */
export function lowerGraph(
  graph: Graph,
  { constants = new Map(), arrangedOnce = new Set(), block }: LoweringOptions = {},
): Lowered {
  const known = {
    ...{ uses: usesOf(graph), block },
    isConstant: (id: NodeId) => constants.has(id) || nodeAt(graph, id).op === 'constant',
    isArrangedOnce: (id: NodeId) => arrangedOnce.has(id),
  };
  const fusions = new Map(FUSIONS.flatMap((find) => [...find(graph, known)]));
  const layouts = planLayouts(graph, block, (id) => fusions.get(id)?.layout);
  const out = nodeEmitter();
  /** Values by node and layout; and whatever else is made once. */
  const made = new Map<string, unknown>();
  const once = <T>(key: string, make: () => T): T => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as T;
  };

  const layoutOf = (id: NodeId): Layout => layouts[id] ?? 'channels-last';
  const own = (id: NodeId): string => once(`value ${id}`, () => lowerNode(id));
  const read: Lowering['read'] = (id, layout = 'channels-last') => {
    const { shape } = nodeAt(graph, id);
    if (shape.length !== 4 || layout === layoutOf(id)) return own(id);
    return once(`${layout} ${id}`, () => relaid({ value: own(id), layout: layoutOf(id) }, nodeAt(graph, id), layout));
  };
  const relaid: Lowering['inLayout'] = (images, type, layout) => inLayout(out, images, type, layout, block);
  const permute = (value: string, shape: Shape, permutation: readonly number[]): string =>
    keepsOrder(shape, permutation)
      ? out.reshape(value, permuted(shape, permutation))
      : out.emit('Transpose', [value], { perm: permutation });
  const readTransposed: Lowering['readTransposed'] = (id, permutation) =>
    once(`transposed ${id} ${permutation.join()}`, () => {
      const { shape } = nodeAt(graph, id);
      if (shape.length !== 4) return permute(own(id), shape, permutation);
      const layout = layoutOf(id) === 'channels-last' ? 'channels-last' : 'channels-first';
      return permute(
        read(id, layout),
        shapeIn(layout, shape),
        permutation.map((axis) => axisIn(layout, axis)),
      );
    });
  const readBroadcast: Lowering['readBroadcast'] = (id, layout, resultShape) => {
    const { shape } = nodeAt(graph, id);
    if (layout === 'channels-last' || shape.length === 0) return read(id, layout);
    if (layout === 'channels-blocked') return once(`blocked broadcast ${id}`, () => broadcastInBlocks(id, resultShape));
    if (shape.length === 4) return read(id, layout);
    return once(`broadcast ${id}`, () => {
      const full = [...resultShape.map(() => 1).slice(shape.length), ...shape];
      return permute(out.reshape(own(id), full), full, TO_FIRST);
    });
  };
  const broadcastInBlocks = (id: NodeId, resultShape: Shape): string => {
    const { shape } = nodeAt(graph, id);
    const [n = 1, height = 1, width = 1, channels = 1] = [...resultShape.map(() => 1).slice(shape.length), ...shape];
    if (channels === 1) return out.reshape(read(id), [n, 1, height, width, 1]);
    // Of one pixel the channels are in their order in any layout.
    if (n * height * width === 1 && block !== undefined)
      return out.reshape(read(id), [1, channels / block, 1, 1, block]);
    if (shape.length === 4) return read(id, 'channels-blocked');
    const full = { shape: [n, height, width, channels], dtype: nodeAt(graph, id).dtype };
    return relaid({ value: out.reshape(own(id), full.shape), layout: 'channels-last' }, full, 'channels-blocked');
  };
  const lowering: Lowering = {
    ...{ graph, out, block, layoutOf, read, readBroadcast, readTransposed },
    ...{ inLayout: relaid, once },
  };

  const inputs = new Map<NodeId, string>();
  function lowerNode(id: NodeId): string {
    const node = nodeAt(graph, id);
    if (node.op === 'input') {
      const value = constants.get(id);
      if (value !== undefined) return out.weight(weightName(id), value);
      const name = `input_${id}`;
      inputs.set(id, name);
      return name;
    }
    const fusion = fusions.get(id);
    if (fusion !== undefined) return fusion.lower(lowering, layoutOf(id));
    return loweringOf<typeof node.op>(node.op)(node, lowering, layoutOf(id));
  }

  // Operands first, so that no lowering has to descend: a graph may be deeper than the stack.
  const needed = neededBy(graph, fusions);
  for (const id of graph.nodes.keys()) if (needed.has(id)) own(id);
  // An input may be an output and a value two of them: each output is a value of its own.
  const outputs = graph.outputs.map((id, index) => {
    const name = `output_${index}`;
    out.rename(read(id), name);
    return name;
  });
  const info = (name: string, { shape, dtype }: { readonly shape: Shape; readonly dtype: DataType }) => ({
    name,
    type: dtype,
    shape,
  });
  return {
    inputs,
    outputs,
    onnx: {
      name: 'maxmargin',
      inputs: [...inputs].map(([id, name]) => info(name, nodeAt(graph, id))),
      outputs: graph.outputs.map((id, index) => info(outputs[index] ?? '', nodeAt(graph, id))),
      initializers: out.initializers,
      nodes: out.nodes,
    },
  };
}

/** The nodes that the outputs need. */
function neededBy(graph: Graph, fusions: ReadonlyMap<NodeId, Fusion>): ReadonlySet<NodeId> {
  const needed = new Set(graph.outputs);
  for (let id = graph.nodes.length - 1; id >= 0; id--)
    if (needed.has(id)) for (const input of (fusions.get(id) ?? nodeAt(graph, id)).inputs) needed.add(input);
  return needed;
}
