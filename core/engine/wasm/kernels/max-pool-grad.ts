import { backend_util, MaxPoolGrad } from '@tensorflow/tfjs-core';
import type { MaxPoolGradAttrs, MaxPoolGradInputs } from '@tensorflow/tfjs-core';
import { bits, floats } from './heap.js';
import { replacement } from './kernel.js';

/**
 * The gradient of max pooling: each window's gradient goes to its first maximum in row-major order, which is PyTorch's and
 * TensorFlow's rule. Flat regions of an image tie, so the last maximum, which the stock kernel takes, is another gradient, not a rounding of the same.
 */
export const maxPoolGrad = replacement<MaxPoolGradInputs, MaxPoolGradAttrs>(
  MaxPoolGrad,
  () =>
    ({ inputs, attrs, backend }) => {
      const { dy, input, output } = inputs;
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const shape = input.shape as [number, number, number, number];
      const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
      const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
      const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
      const result = backend.makeOutput(input.shape, 'float32');
      const x = floats(backend, input);
      const y = floats(backend, output);
      const gradients = floats(backend, dy);
      const gradientBits = bits(backend, dy);
      const dx = floats(backend, result);
      const dxBits = bits(backend, result);
      const overlapping = filterHeight > strideHeight || filterWidth > strideWidth;
      /** Per channel: all ones until the window's maximum has been met. */
      const looking = new Int32Array(inChannels);
      dx.fill(0);

      let window = 0;
      for (let image = 0; image < batchSize; image++) {
        for (let row = 0; row < outHeight; row++) {
          const top = row * strideHeight - info.padInfo.top;
          const firstRow = Math.max(top, 0);
          const endRow = Math.min(top + filterHeight, inHeight);
          for (let column = 0; column < outWidth; column++, window += inChannels) {
            const left = column * strideWidth - info.padInfo.left;
            const firstColumn = Math.max(left, 0);
            const endColumn = Math.min(left + filterWidth, inWidth);
            looking.fill(-1);
            for (let inRow = firstRow; inRow < endRow; inRow++) {
              for (let inColumn = firstColumn; inColumn < endColumn; inColumn++) {
                const pixel = ((image * inHeight + inRow) * inWidth + inColumn) * inChannels;
                if (overlapping) {
                  for (let c = 0; c < inChannels; c++) {
                    const hit = -Number(x[pixel + c] === y[window + c]) & (looking[c] as number);
                    dx[pixel + c] = (dx[pixel + c] as number) - hit * (gradients[window + c] as number);
                    looking[c] = (looking[c] as number) & ~hit;
                  }
                } else {
                  for (let c = 0; c < inChannels; c++) {
                    const hit = -Number(x[pixel + c] === y[window + c]) & (looking[c] as number);
                    dxBits[pixel + c] = hit & (gradientBits[window + c] as number);
                    looking[c] = (looking[c] as number) & ~hit;
                  }
                }
              }
            }
          }
        }
      }
      return result;
    },
);
