import type { ConvolutionAttributes } from '../../graph/ops/convolutions.js';
import type { Lowerings } from './lowering.js';
import { slidingAttributes } from './sliding.js';

export const CONVOLUTIONS: Lowerings<keyof ConvolutionAttributes> = {
  conv2d: (node, emitter) => {
    const [images = 0, filters = 0] = emitter.operands(node);
    return emitter.step('conv2d', [images, emitter.step('filters', [filters])], slidingAttributes(node.attrs));
  },
  conv2dImageGradient: (node, emitter) => {
    const [dy = 0, filters = 0] = emitter.operands(node);
    return emitter.step('conv2dImageGradient', [dy, emitter.step('filters', [filters])], {
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
