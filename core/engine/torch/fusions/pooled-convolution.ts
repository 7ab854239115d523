import { isOp, type NodeId, type NodeOf, type Shape } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import type { Sliding } from '../../graph/ops/windows.js';
import type { Emitter, Fusions } from '../lowering/lowering.js';
import { slidingAttributes } from '../lowering/sliding.js';
import type { Slot } from '../torch-program.js';

/** So many values of the image, at most, go into one of a convolution that is computed directly; beyond that the library's products are faster. */
const MOST_TAPS = 128;
const MOST_CHANNELS = 4;

/**
 * A convolution of images of few channels whose 2 × 2 maxima alone are wanted, and its gradient in the images: of each block one pixel
 * counts, and the library would compute, write and read all four.
 */
export const pooledConvolution: Fusions = {
  maxPool: (node, emitter) => {
    const found = convolutionBelow(node.inputs[0] ?? 0, node.attrs, emitter);
    return found && pool(found, emitter)[0];
  },
  conv2dImageGradient: (node, emitter) => {
    const pooling = poolingBelow(node, emitter);
    if (pooling === undefined) return undefined;
    const found = convolutionBelow(pooling.inputs[1] ?? 0, pooling.attrs, emitter);
    if (found === undefined) return undefined;
    const [dy = 0] = emitter.operands(pooling);
    const [, places = 0] = pool(found, emitter);
    return emitter.step('pooledConvolutionImageGradient', [dy, places, emitter.slotOf(node.inputs[1] ?? 0)], {
      ...slidingAttributes(node.attrs),
      imageShape: node.shape,
    });
  },
};

interface Found {
  readonly convolution: NodeOf<'conv2d'>;
  readonly bias: NodeId | undefined;
}

const pool = ({ convolution, bias }: Found, emitter: Emitter): readonly Slot[] =>
  emitter.steps(
    'pooledConvolution',
    [...emitter.operands(convolution), ...(bias === undefined ? [] : [emitter.slotOf(bias)])],
    slidingAttributes(convolution.attrs),
    2,
  );

/** What is pooled, if it is a convolution that this is for and of which nothing but the maxima is used. */
function convolutionBelow(pooled: NodeId, pooling: Pooling, emitter: Emitter): Found | undefined {
  if (emitter.target.device !== 'cpu' || !emitter.target.float32 || !inBlocks(pooling)) return undefined;
  const found = withBias(pooled, emitter);
  if (found === undefined) return undefined;
  const { convolution } = found;
  const filters = emitter.nodeOf(convolution.inputs[1] ?? 0).shape;
  return direct(convolution.attrs, filters) && onlyMaximaUsed(pooled, pooling, emitter) ? found : undefined;
}

function withBias(id: NodeId, emitter: Emitter): Found | undefined {
  const node = emitter.nodeOf(id);
  if (isOp(node, 'conv2d')) return { convolution: node, bias: undefined };
  if (!isOp(node, 'add')) return undefined;
  const [a, b] = node.inputs as readonly [NodeId, NodeId];
  for (const [product, bias] of [
    [a, b],
    [b, a],
  ] as const) {
    const convolution = emitter.nodeOf(product);
    const { shape } = emitter.nodeOf(bias);
    const vector = shape.length === 1 && shape[0] === node.shape.at(-1);
    if (isOp(convolution, 'conv2d') && vector && emitter.usersOf(product).length === 1) return { convolution, bias };
  }
  return undefined;
}

const inBlocks = ({ size, strides, dilations, padding }: Pooling): boolean =>
  [...size, ...strides].every((extent) => extent === 2) &&
  dilations.every((dilation) => dilation === 1) &&
  Object.values(padding).every((side) => side === 0);

const direct = ({ strides, dilations }: Sliding, [height = 0, width = 0, channels = 0]: Shape): boolean =>
  [...strides, ...dilations].every((each) => each === 1) &&
  channels <= MOST_CHANNELS &&
  height * width * channels <= MOST_TAPS;

/** Whether what is pooled is used for its maxima alone: by the pooling, and by gradients that are fused with it. */
function onlyMaximaUsed(pooled: NodeId, pooling: Pooling, emitter: Emitter): boolean {
  return emitter.usersOf(pooled).every((user) => {
    if (user === undefined) return false;
    const node = emitter.nodeOf(user);
    if (isOp(node, 'maxPool')) return sameWindows(node.attrs, pooling);
    return isOp(node, 'maxPoolGradient') && emitter.usersOf(user).every((next) => gradientOf(next, user, emitter));
  });
}

const sameWindows = (a: Pooling, b: Pooling): boolean => JSON.stringify(a) === JSON.stringify(b);

function gradientOf(id: NodeId | undefined, dy: NodeId, emitter: Emitter): boolean {
  if (id === undefined) return false;
  const node = emitter.nodeOf(id);
  return isOp(node, 'conv2dImageGradient') && node.inputs[0] === dy && poolingBelow(node, emitter) !== undefined;
}

/** The pooling's gradient that a convolution's gradient is given, if it is in blocks and of that very convolution. */
function poolingBelow(node: NodeOf<'conv2dImageGradient'>, emitter: Emitter): NodeOf<'maxPoolGradient'> | undefined {
  const inner = emitter.nodeOf(node.inputs[0] ?? 0);
  if (!isOp(inner, 'maxPoolGradient') || !inBlocks(inner.attrs)) return undefined;
  const below = withBias(inner.inputs[1] ?? 0, emitter);
  const same =
    below?.convolution.inputs[1] === node.inputs[1] &&
    JSON.stringify(slidingAttributes(below?.convolution.attrs ?? node.attrs)) ===
      JSON.stringify(slidingAttributes(node.attrs));
  return same ? inner : undefined;
}
