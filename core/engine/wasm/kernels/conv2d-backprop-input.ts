import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { backend_util, BatchMatMul, Conv2D, Conv2DBackpropInput } from '@tensorflow/tfjs-core';
import type { Conv2DBackpropInputAttrs, Conv2DBackpropInputInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { floats, viewAs } from './heap.js';
import { callKernel, replacement } from './kernel.js';
import { convolveByRowTiles, FILTER_ROWS, type Padding } from './row-winograd.js';
import { transpose, transposeInto } from './transpose.js';

type ConvInfo = backend_util.Conv2DInfo;

/** XNNPACK computes this many output channels at a time, needed or not. */
const LANES = 8;
const toLanes = (channels: number): number => Math.ceil(channels / LANES) * LANES;

/** One addition of `addWindows` takes about as long as this many multiplications inside of XNNPACK. */
const ADDITION_COST = 12;

/**
 * The gradient of a convolution with respect to its input, dx = Σ over windows of dy · wᵀ.
 *
 * The stock kernel loops over scalars; both ways here run on XNNPACK, whichever is expected to be the faster one:
 * - a convolution of dy over the flipped filter with its channels exchanged (stride 1);
 * - one matrix product dy · wᵀ, each row a window of gradients, added up where windows overlap (any stride; and the better way where
 *   dx has few channels, because XNNPACK would compute eight).
 */
export const conv2dBackpropInput = replacement<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>(
  Conv2DBackpropInput,
  (stock) => (call) => {
    const { inputs, attrs, backend } = call;
    const { strides, pad, dimRoundingMode, inputShape } = attrs;
    const { dy, filter } = inputs;
    if (attrs.dataFormat !== 'NHWC') return stock(call);
    const filterShape = filter.shape as [number, number, number, number];
    const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
    return convolutionIsFaster(info)
      ? byConvolution(backend, dy, filter, info)
      : byMatrixProduct(backend, dy, filter, info);
  },
);

function convolutionIsFaster(info: ConvInfo): boolean {
  const { inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, padInfo } = info;
  const taps = info.filterHeight * info.filterWidth;
  const convolves =
    info.strideHeight === 1 &&
    info.strideWidth === 1 &&
    padInfo.top < info.filterHeight &&
    padInfo.left < info.filterWidth &&
    padInfo.bottom < info.filterHeight &&
    padInfo.right < info.filterWidth;
  const convolution = inHeight * inWidth * taps * outChannels * toLanes(inChannels);
  const product = outHeight * outWidth * (outChannels * toLanes(taps * inChannels) + ADDITION_COST * taps * inChannels);
  return convolves && convolution <= product;
}

/** Where there are enough channels for multiplications to outweigh the passes before and after them. */
const tilesAreFaster = (info: ConvInfo): boolean =>
  info.filterHeight === FILTER_ROWS &&
  info.inHeight % 2 === 0 &&
  info.filterWidth >= 3 &&
  info.inChannels >= 32 &&
  info.outChannels >= 32;

/** dx = dy ∗ flip(w)ᵀ, with f − 1 − p zeros around dy. */
function byConvolution(backend: BackendWasm, dy: TensorInfo, filter: TensorInfo, info: ConvInfo): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo } = info;
  const flipped = backend.makeOutput([filterHeight, filterWidth, outChannels, inChannels], 'float32');
  const from = floats(backend, filter);
  const to = floats(backend, flipped);
  const taps = filterHeight * filterWidth;
  const size = inChannels * outChannels;
  for (let tap = 0; tap < taps; tap++) {
    const mirrored = taps - 1 - tap;
    transposeInto(
      from.subarray(tap * size, (tap + 1) * size),
      to.subarray(mirrored * size, (mirrored + 1) * size),
      inChannels,
      outChannels,
    );
  }
  const padding: Padding = [
    [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom],
    [filterWidth - 1 - padInfo.left, filterWidth - 1 - padInfo.right],
  ];
  const attrs = { strides: 1, pad: [[0, 0], ...padding, [0, 0]], dataFormat: 'NHWC', dilations: 1 };
  const dx = tilesAreFaster(info)
    ? convolveByRowTiles(backend, dy, flipped, padding)
    : callKernel(Conv2D, { x: dy, filter: flipped }, attrs, backend);
  backend.disposeData(flipped.dataId);
  return dx;
}

/** dx = addWindows(dy · wᵀ), w as a matrix [taps · in, out]. */
function byMatrixProduct(backend: BackendWasm, dy: TensorInfo, filter: TensorInfo, info: ConvInfo): TensorInfo {
  const { outChannels } = info;
  const windowSize = info.filterHeight * info.filterWidth * info.inChannels;
  const turned = transpose(backend, filter, windowSize, outChannels);
  const windows = callKernel(
    BatchMatMul,
    { a: viewAs(dy, [info.batchSize * info.outHeight * info.outWidth, outChannels]), b: turned },
    { transposeA: false, transposeB: false },
    backend,
  );
  backend.disposeData(turned.dataId);
  const dx = backend.makeOutput(info.inShape, 'float32');
  addWindows(floats(backend, windows), floats(backend, dx), info);
  backend.disposeData(windows.dataId);
  return dx;
}

/** Adds each window [filterHeight, filterWidth, inChannels] to the image where it was taken from. */
function addWindows(windows: Float32Array, dx: Float32Array, info: ConvInfo): void {
  const { inChannels, padInfo } = info;
  const height = Math.max((info.outHeight - 1) * info.strideHeight + info.filterHeight, padInfo.top + info.inHeight);
  const width = Math.max((info.outWidth - 1) * info.strideWidth + info.filterWidth, padInfo.left + info.inWidth);
  const rowSize = width * inChannels;
  // With its padding, so that no window needs to be cut.
  const padded = new Float32Array(height * rowSize);
  const imageSize = info.outHeight * info.outWidth * info.filterHeight * info.filterWidth * inChannels;
  const croppedSize = info.inWidth * inChannels;
  for (let image = 0; image < info.batchSize; image++) {
    padded.fill(0);
    addImage(windows, image * imageSize, padded, rowSize, info);
    for (let row = 0; row < info.inHeight; row++) {
      const from = (row + padInfo.top) * rowSize + padInfo.left * inChannels;
      copyRun(padded, from, dx, (image * info.inHeight + row) * croppedSize, croppedSize);
    }
  }
}

// The loops below are functions of their own because the optimising compiler takes a short function better than a deep nest of loops.

function addImage(
  windows: Float32Array,
  start: number,
  padded: Float32Array,
  rowSize: number,
  { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, inChannels }: ConvInfo,
): void {
  const length = filterWidth * inChannels;
  const step = strideWidth * inChannels;
  let from = start;
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      let to = row * strideHeight * rowSize + column * step;
      for (let tapRow = 0; tapRow < filterHeight; tapRow++, from += length, to += rowSize)
        addRun(windows, from, padded, to, length);
    }
  }
}

function addRun(from: Float32Array, start: number, to: Float32Array, target: number, length: number): void {
  for (let i = 0; i < length; i++) to[target + i] = (to[target + i] as number) + (from[start + i] as number);
}

function copyRun(from: Float32Array, start: number, to: Float32Array, target: number, length: number): void {
  for (let i = 0; i < length; i++) to[target + i] = from[start + i] as number;
}
