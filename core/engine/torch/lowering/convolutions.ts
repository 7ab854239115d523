import type { NodeOf } from '../../graph/graph.js';
import type { ConvolutionAttributes } from '../../graph/ops/convolutions.js';
import type { Slot, StepAttributes } from '../torch-program.js';
import type { Emitter, Lowerings } from './lowering.js';
import { slidingAttributes } from './sliding.js';

/**
 * Convolves. The filters' layout is a step of its own, so that it happens once where the filters last.
 *
 * @param bias one value for each channel of the result, or nothing
 */
export function convolve(node: NodeOf<'conv2d'>, emitter: Emitter, bias: readonly Slot[] = []): Slot {
  const [images = 0, filters = 0] = emitter.operands(node);
  const sliding = { ...slidingAttributes(node.attrs), filterSize: sizeOf(node, emitter) };
  const imageShape = emitter.nodeOf(node.inputs[0] ?? 0).shape;
  return emitter.step('conv2d', [images, arranged(emitter, filters, false, imageShape, sliding), ...bias], sliding);
}

const sizeOf = (node: Pick<NodeOf<'conv2d'>, 'inputs'>, emitter: Emitter): readonly number[] =>
  emitter.nodeOf(node.inputs[1] ?? 0).shape.slice(0, 2);

/** Filters as the library wants them for images of a shape; flipped: turned around, with the channels' roles exchanged. */
function arranged(
  emitter: Emitter,
  filters: Slot,
  flipped: boolean,
  imageShape: readonly number[],
  sliding: StepAttributes,
): Slot {
  return emitter.step('filters', [filters], { ...sliding, flipped, imageShape });
}

export const CONVOLUTIONS: Lowerings<keyof ConvolutionAttributes> = {
  conv2d: (node, emitter) => convolve(node, emitter),

  conv2dImageGradient: (node, emitter) => {
    const [dy = 0, filters = 0] = emitter.operands(node);
    const mirrored = emitter.target.device === 'cpu' ? mirroredSliding(node, emitter) : undefined;
    if (mirrored !== undefined) {
      const dyShape = emitter.nodeOf(node.inputs[0] ?? 0).shape;
      return emitter.step('conv2d', [dy, arranged(emitter, filters, true, dyShape, mirrored)], mirrored);
    }
    return emitter.step('conv2dImageGradient', [dy, filters], {
      ...slidingAttributes(node.attrs),
      imageShape: node.shape,
    });
  },

  conv2dFilterGradient: (node, emitter) =>
    emitter.step('conv2dFilterGradient', emitter.operands(node), {
      ...slidingAttributes(node.attrs),
      filterShape: node.shape,
    }),
};

/**
 * How the filters of a convolution of stride 1, turned around, slide over dy to give the gradient in its images: on a CPU the library has a
 * faster kernel for this, which also takes filters that were arranged beforehand, than for the gradient as such.
 *
 * @returns undefined where that does not say it: other strides, and padding wider than the filters
 */
function mirroredSliding(node: NodeOf<'conv2dImageGradient'>, emitter: Emitter): StepAttributes | undefined {
  const { strides, dilations, padding } = node.attrs;
  const [height = 1, width = 1] = emitter.nodeOf(node.inputs[1] ?? 0).shape;
  const [reachDown, reachRight] = [(height - 1) * dilations[0], (width - 1) * dilations[1]];
  const mirrored = {
    top: reachDown - padding.top,
    bottom: reachDown - padding.bottom,
    left: reachRight - padding.left,
    right: reachRight - padding.right,
  };
  if (strides[0] !== 1 || strides[1] !== 1 || Object.values(mirrored).some((side) => side < 0)) return undefined;
  return { ...slidingAttributes({ strides, dilations, padding: mirrored }), filterSize: [height, width] };
}
