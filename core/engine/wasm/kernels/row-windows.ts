import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { backend_util, Conv2DAttrs, Conv2DInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { floats, viewAs } from './heap.js';
import type { Kernel } from './kernel.js';

/** Whether {@link convolveRowWindows} is the faster way: XNNPACK turns to the next tap after each channel, and one channel is no work. */
export const hasRowWindows = (info: backend_util.Conv2DInfo): boolean =>
  info.inChannels === 1 && info.filterWidth > 1 && info.dilationHeight === 1 && info.dilationWidth === 1;

/**
 * A convolution of images with one channel, with the columns of each window beside each other as channels: the same sums in the same
 * order, and a filter of one column, whose values lie as they did.
 *
 * @returns [n, h′, w′, out]; the caller disposes it
 */
export function convolveRowWindows(
  backend: BackendWasm,
  { x, filter }: { readonly [Name in keyof Conv2DInputs]: TensorInfo },
  info: backend_util.Conv2DInfo,
  convolve: Kernel<Conv2DInputs, Conv2DAttrs>,
): TensorInfo {
  const { batchSize, inHeight, outWidth, filterHeight, filterWidth, outChannels, padInfo } = info;
  const windows = backend.makeOutput([batchSize, inHeight, outWidth, filterWidth], 'float32');
  gatherWindows(floats(backend, x), floats(backend, windows), info);
  const pad = [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [0, 0],
    [0, 0],
  ];
  const attrs = { strides: [info.strideHeight, 1], pad, dataFormat: 'NHWC', dilations: 1 } as Conv2DAttrs;
  const columnFilter = viewAs(filter, [filterHeight, 1, filterWidth, outChannels]);
  const y = convolve({ inputs: { x: windows, filter: columnFilter }, attrs, backend });
  backend.disposeData(windows.dataId);
  return y;
}

function gatherWindows(from: Float32Array, to: Float32Array, info: backend_util.Conv2DInfo): void {
  const { inWidth, outWidth, filterWidth, strideWidth, padInfo } = info;
  // With its padding, so that no window needs to be cut.
  const row = new Float32Array(Math.max((outWidth - 1) * strideWidth + filterWidth, padInfo.left + inWidth));
  const size = outWidth * filterWidth;
  for (let index = 0; index < info.batchSize * info.inHeight; index++) {
    for (let i = 0; i < inWidth; i++) row[padInfo.left + i] = from[index * inWidth + i] as number;
    gatherRow(row, to, index * size, outWidth, filterWidth, strideWidth);
  }
}

function gatherRow(row: Float32Array, to: Float32Array, start: number, windows: number, taps: number, stride: number) {
  for (let tap = 0; tap < taps; tap++)
    for (let window = 0; window < windows; window++)
      to[start + window * taps + tap] = row[window * stride + tap] as number;
}
