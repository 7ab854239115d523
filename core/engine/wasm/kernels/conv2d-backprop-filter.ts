import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { backend_util, Conv2D, Conv2DBackpropFilter } from '@tensorflow/tfjs-core';
import type { Conv2DBackpropFilterAttrs, Conv2DBackpropFilterInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { floats } from './heap.js';
import { callKernel, replacement } from './kernel.js';

/**
 * The gradient of a convolution with respect to its filter, dw[i, j] = Σ over images and windows of xᵀ · dy.
 *
 * The stock backend has no such kernel. Stated as a convolution it runs on XNNPACK: the images become the channels that are summed
 * over, x's channels the images, and dy the filter, dilated by the forward stride:
 * dw = (xᵀ ∗ dyᵀ)ᵀ with xᵀ [in, h, w, n] and dyᵀ [oh, ow, n, out].
 */
export const conv2dBackpropFilter = replacement<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>(
  Conv2DBackpropFilter,
  (stock) => (call) => {
    const { inputs, attrs, backend } = call;
    const { strides, pad, dimRoundingMode, filterShape } = attrs;
    const { x, dy } = inputs;
    if (attrs.dataFormat !== 'NHWC') return stock(call);
    const shape = x.shape as [number, number, number, number];
    const info = backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
    const { filterHeight, filterWidth, inChannels, outChannels } = info;

    const { images, bottom, right } = channelsAsImages(backend, x, info);
    const filter = imagesAsChannels(backend, dy, info);
    const turned = callKernel(
      Conv2D,
      { x: images, filter },
      {
        strides: 1,
        pad: [
          [0, 0],
          [info.padInfo.top, bottom],
          [info.padInfo.left, right],
          [0, 0],
        ],
        dataFormat: 'NHWC',
        dilations: [info.strideHeight, info.strideWidth],
      },
      backend,
    );
    backend.disposeData(images.dataId);
    backend.disposeData(filter.dataId);

    // [in, taps, out] → [taps, in, out]
    const taps = filterHeight * filterWidth;
    const dw = backend.makeOutput(filterShape, 'float32');
    const from = floats(backend, turned);
    const to = floats(backend, dw);
    for (let channel = 0; channel < inChannels; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const start = (channel * taps + tap) * outChannels;
        to.set(from.subarray(start, start + outChannels), (tap * inChannels + channel) * outChannels);
      }
    }
    backend.disposeData(turned.dataId);
    return dw;
  },
);

/**
 * xᵀ [in, h, w, n], without the rows and columns that no window reached, and the zeros to append so that the convolution gives
 * exactly the filter's extent.
 */
function channelsAsImages(backend: BackendWasm, x: TensorInfo, info: backend_util.Conv2DInfo) {
  const { batchSize, inChannels, inHeight, inWidth, padInfo } = info;
  const reachedRows = (info.outHeight - 1) * info.strideHeight + info.filterHeight - padInfo.top;
  const reachedColumns = (info.outWidth - 1) * info.strideWidth + info.filterWidth - padInfo.left;
  const height = Math.min(reachedRows, inHeight);
  const width = Math.min(reachedColumns, inWidth);
  const images = backend.makeOutput([inChannels, height, width, batchSize], 'float32');
  const from = floats(backend, x);
  const to = floats(backend, images);
  const channelSize = height * width * batchSize;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let image = 0; image < batchSize; image++) {
        const source = ((image * inHeight + row) * inWidth + column) * inChannels;
        const target = (row * width + column) * batchSize + image;
        for (let c = 0; c < inChannels; c++) to[target + c * channelSize] = from[source + c] as number;
      }
    }
  }
  return { images, bottom: reachedRows - height, right: reachedColumns - width };
}

/** dyᵀ [oh, ow, n, out]. */
function imagesAsChannels(backend: BackendWasm, dy: TensorInfo, info: backend_util.Conv2DInfo): TensorInfo {
  const { batchSize, outChannels } = info;
  const pixels = info.outHeight * info.outWidth;
  const filter = backend.makeOutput([info.outHeight, info.outWidth, batchSize, outChannels], 'float32');
  const from = floats(backend, dy);
  const to = floats(backend, filter);
  let source = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const target = (pixel * batchSize + image) * outChannels;
      for (let c = 0; c < outChannels; c++) to[target + c] = from[source++] as number;
    }
  }
  return filter;
}
