import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
} from '@tensorflow/tfjs-core';
import type { Shape } from '../../graph/graph.js';
import type { Sliding } from '../../graph/ops/windows.js';
import { traced, unsupported, type TracedKernels } from './traced-kernel.js';

type Four = [number, number, number, number];

/** How filters slide over images, with the padding as numbers. */
function slidingOf(
  images: Shape,
  filters: Shape,
  attrs: Omit<Conv2DAttrs, 'dilations'> & { readonly dilations?: Conv2DAttrs['dilations'] },
): Sliding {
  if (attrs.dataFormat !== 'NHWC') unsupported(`images in the order ${attrs.dataFormat}`);
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = backend_util.computeConv2DInfo(
    [...images] as Four,
    [...filters] as Four,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const { top, bottom, left, right } = padInfo;
  return {
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    padding: { top, bottom, left, right },
  };
}

export const CONVOLUTION_KERNELS: TracedKernels = {
  Conv2D: traced<Conv2DAttrs>(({ graph, input, type, attrs }) =>
    graph.add('conv2d', [input('x'), input('filter')], slidingOf(type('x').shape, type('filter').shape, attrs)),
  ),

  Conv2DBackpropInput: traced<Conv2DBackpropInputAttrs>(({ graph, input, type, attrs }) =>
    graph.add('conv2dImageGradient', [input('dy'), input('filter')], {
      ...slidingOf(attrs.inputShape, type('filter').shape, attrs),
      imageShape: [...attrs.inputShape],
    }),
  ),

  Conv2DBackpropFilter: traced<Conv2DBackpropFilterAttrs>(({ graph, input, type, attrs }) =>
    graph.add('conv2dFilterGradient', [input('x'), input('dy')], {
      ...slidingOf(type('x').shape, attrs.filterShape, attrs),
      filterShape: [...attrs.filterShape],
    }),
  ),
};
