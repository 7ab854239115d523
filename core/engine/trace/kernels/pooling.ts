import { backend_util, type AvgPoolAttrs, type MaxPoolAttrs } from '@tensorflow/tfjs-core';
import type { Shape } from '../../graph/graph.js';
import type { Pooling } from '../../graph/ops/pooling.js';
import { traced, type TracedKernels } from './traced-kernel.js';

/** How a window slides over images, with the padding as numbers. */
function poolingOf(
  images: Shape,
  attrs: Pick<MaxPoolAttrs, 'filterSize' | 'strides' | 'pad'> & Partial<Pick<MaxPoolAttrs, 'dimRoundingMode'>>,
): Pooling {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = backend_util.computePool2DInfo(
    [...images] as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const { top, bottom, left, right } = padInfo;
  return {
    size: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    dilations: [1, 1],
    padding: { top, bottom, left, right },
  };
}

export const POOLING_KERNELS: TracedKernels = {
  MaxPool: traced<MaxPoolAttrs>(({ graph, input, type, attrs }) =>
    graph.add('maxPool', [input('x')], poolingOf(type('x').shape, attrs)),
  ),

  MaxPoolGrad: traced<MaxPoolAttrs>(({ graph, input, type, attrs }) =>
    graph.add('maxPoolGradient', [input('dy'), input('input'), input('output')], poolingOf(type('input').shape, attrs)),
  ),

  AvgPool: traced<AvgPoolAttrs>(({ graph, input, type, attrs }) =>
    graph.add('avgPool', [input('x')], poolingOf(type('x').shape, attrs)),
  ),

  AvgPoolGrad: traced<AvgPoolAttrs>(({ graph, input, type, attrs }) =>
    graph.add('avgPoolGradient', [input('dy')], {
      ...poolingOf(type('input').shape, attrs),
      imageShape: type('input').shape,
    }),
  ),
};
