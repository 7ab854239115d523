import { nodeAt, type Graph, type Node, type NodeId } from '../../graph/graph.js';
import { fourExtents } from '../../graph/ops/windows.js';
import { blockedShape } from './blocked.js';
import type { FindFusions, Fusion } from './fusion.js';
import type { Lowering } from './lower-op.js';
import { loweringOf } from './lowerings.js';

/** Images of which each channel is multiplied, or moved, by a number of its own. */
interface Step {
  readonly op: 'mul' | 'add' | 'sub';
  readonly images: NodeId;
  /** [c] or [1, 1, 1, c]. */
  readonly vector: NodeId;
}

/** A product, a sum or difference, or both one after the other. */
type Steps = readonly [Step, ...Step[]];

/**
 * Computes images in blocks times a factor for each channel, plus a term for each, as a convolution of each channel with a filter of one number and a bias:
 * ONNX Runtime's product of images and a vector that it has to repeat takes twice as long, and its sum again.
 */
export const fuseChannelFactors: FindFusions = (graph, { uses, block }) => {
  const fusions = new Map<NodeId, Fusion>();
  if (block === undefined) return fusions;
  for (const [id, node] of graph.nodes.entries()) {
    const last = stepAt(graph, node, block);
    if (last === undefined) continue;
    const before = last.op === 'mul' ? undefined : stepAt(graph, nodeAt(graph, last.images), block);
    const first = before?.op === 'mul' && uses(last.images).length === 1 ? before : undefined;
    const steps: Steps = first === undefined ? [last] : [first, last];
    fusions.set(id, {
      inputs: [(first ?? last).images, ...steps.map(({ vector }) => vector)],
      lower: (lowering, layout) =>
        layout === 'channels-blocked'
          ? asConvolution(lowering, steps, block)
          : loweringOf(last.op)(node as Extract<Node, { readonly op: Step['op'] }>, lowering, layout),
    });
  }
  return fusions;
};

function stepAt(graph: Graph, { op, inputs, shape }: Node, block: number): Step | undefined {
  if (op !== 'mul' && op !== 'add' && op !== 'sub') return undefined;
  const channels = shape[3] ?? 0;
  if (shape.length !== 4 || channels % block !== 0) return undefined;
  const isVector = (id: NodeId) => {
    const extents = nodeAt(graph, id).shape;
    return extents.at(-1) === channels && extents.slice(0, -1).every((extent) => extent === 1);
  };
  const isWhole = (id: NodeId) => nodeAt(graph, id).shape.every((extent, axis) => extent === shape[axis]);
  const pairs = op === 'sub' ? [inputs] : [inputs, inputs.toReversed()];
  const pair = pairs.find(([images = 0, vector = 0]) => isWhole(images) && isVector(vector) && !isVector(images));
  return pair && { op, images: pair[0] ?? 0, vector: pair[1] ?? 0 };
}

function asConvolution(lowering: Lowering, steps: Steps, block: number): string {
  const { out, graph, read, once } = lowering;
  const images = steps[0].images;
  const { shape } = nodeAt(graph, images);
  const [n, height, width, channels] = fourExtents(shape);
  const vectorOf = (step: Step) => out.reshape(read(step.vector), [channels]);
  const product = steps.find(({ op }) => op === 'mul');
  const sum = steps.find(({ op }) => op !== 'mul');
  const ones = () =>
    once(`ones ${channels}`, () =>
      out.constant({ type: 'float32', shape: [channels], data: new Float32Array(channels).fill(1) }),
    );
  const factors = product === undefined ? ones() : vectorOf(product);
  const terms = sum === undefined ? [] : [sum.op === 'add' ? vectorOf(sum) : out.emit('Neg', [vectorOf(sum)])];
  const value = out.emitBlocked(
    'Conv',
    [
      out.reshape(read(images, 'channels-blocked'), [n, channels, height, width]),
      out.reshape(factors, [channels, 1, 1, 1]),
      ...terms,
    ],
    { kernel_shape: [1, 1], group: channels },
  );
  return out.reshape(value, blockedShape(shape, block));
}
