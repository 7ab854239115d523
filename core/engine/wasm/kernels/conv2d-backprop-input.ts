import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { backend_util, BatchMatMul, Conv2D, Conv2DBackpropInput } from '@tensorflow/tfjs-core';
import type { Conv2DBackpropInputAttrs, Conv2DBackpropInputInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { addWindows } from './add-windows.js';
import { floats, viewAs } from './heap.js';
import { callKernel, replacement } from './kernel.js';
import { convolveByRowTiles, FILTER_ROWS, type Padding } from './row-winograd.js';
import { transposeInto } from './transpose.js';
import { turnedWhileAlive, whileAlive } from './while-alive.js';

type ConvInfo = backend_util.Conv2DInfo;

/** XNNPACK computes this many output channels at a time, needed or not. */
const LANES = 8;
const toLanes = (channels: number): number => Math.ceil(channels / LANES) * LANES;

/** One addition of `addWindows` takes about as long as this many multiplications inside of XNNPACK. */
const ADDITION_COST = 25;

/**
 * The gradient of a convolution with respect to its input, dx = Σ over windows of dy · wᵀ.
 *
 * The stock kernel loops over scalars; the ways here run on XNNPACK, whichever is expected to be the fastest:
 * - a convolution of dy over the flipped filter with its channels exchanged (stride 1);
 * - the same along the rows alone, with the filter's columns beside each other as channels, to be added up where they overlap: the
 *   better way where dx has few channels, because XNNPACK would compute eight (stride 1);
 * - one matrix product dy · wᵀ, each row a window of gradients, to be added up where windows overlap (any stride).
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
    return fastestWay(info)(backend, dy, filter, info);
  },
);

type Way = (backend: BackendWasm, dy: TensorInfo, filter: TensorInfo, info: ConvInfo) => TensorInfo;

function fastestWay(info: ConvInfo): Way {
  const { inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const rowSize = filterWidth * inChannels;
  const windowSize = filterHeight * rowSize;
  const product = outHeight * outWidth * (outChannels * toLanes(windowSize) + ADDITION_COST * windowSize);
  const convolvesRows = info.strideHeight === 1 && padInfo.top < filterHeight && padInfo.bottom < filterHeight;
  const convolvesColumns = info.strideWidth === 1 && padInfo.left < filterWidth && padInfo.right < filterWidth;
  const ways: (readonly [Way, number])[] = [[byMatrixProduct, product]];
  if (convolvesRows)
    ways.push([
      byRows,
      inHeight * outWidth * (filterHeight * outChannels * toLanes(rowSize) + ADDITION_COST * rowSize),
    ]);
  if (convolvesRows && convolvesColumns)
    ways.push([byConvolution, inHeight * inWidth * filterHeight * filterWidth * outChannels * toLanes(inChannels)]);
  return ways.reduce((best, way) => (way[1] <= best[1] ? way : best))[0];
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
  const [flipped] = whileAlive(backend, filter, 'flipped', () => [
    flip(backend, filter, [filterHeight, filterWidth, outChannels, inChannels]),
  ]) as [TensorInfo];
  const padding: Padding = [
    [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom],
    [filterWidth - 1 - padInfo.left, filterWidth - 1 - padInfo.right],
  ];
  const attrs = { strides: 1, pad: [[0, 0], ...padding, [0, 0]], dataFormat: 'NHWC', dilations: 1 };
  return tilesAreFaster(info)
    ? convolveByRowTiles(backend, dy, flipped, padding)
    : callKernel(Conv2D, { x: dy, filter: flipped }, attrs, backend);
}

/** dx = addWindows(dy ∗ flip(w)ᵀ along the rows), the filter as [rows, 1, out, columns · in]. */
function byRows(backend: BackendWasm, dy: TensorInfo, filter: TensorInfo, info: ConvInfo): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo } = info;
  const rowSize = filterWidth * inChannels;
  const [flipped] = whileAlive(backend, filter, 'flipped rows', () => [
    flip(backend, filter, [filterHeight, 1, outChannels, rowSize]),
  ]) as [TensorInfo];
  const pad = [
    [0, 0],
    [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom],
    [0, 0],
    [0, 0],
  ];
  const windows = callKernel(
    Conv2D,
    { x: dy, filter: flipped },
    { strides: 1, pad, dataFormat: 'NHWC', dilations: 1 },
    backend,
  );
  const dx = backend.makeOutput(info.inShape, 'float32');
  const rows = { ...info, filterHeight: 1, outHeight: info.inHeight, padInfo: { top: 0, left: padInfo.left } };
  addWindows(floats(backend, windows), floats(backend, dx), rows);
  backend.disposeData(windows.dataId);
  return dx;
}

/** The filter with its taps in the opposite order and its channels exchanged; the shape is what it becomes. */
function flip(
  backend: BackendWasm,
  filter: TensorInfo,
  shape: [rows: number, columns: number, from: number, to: number],
): TensorInfo {
  const flipped = backend.makeOutput(shape, 'float32');
  const from = floats(backend, filter);
  const to = floats(backend, flipped);
  const taps = shape[0] * shape[1];
  const size = shape[2] * shape[3];
  for (let tap = 0; tap < taps; tap++) {
    const mirrored = taps - 1 - tap;
    transposeInto(
      from.subarray(tap * size, (tap + 1) * size),
      to.subarray(mirrored * size, (mirrored + 1) * size),
      shape[3],
      shape[2],
    );
  }
  return flipped;
}

/** dx = addWindows(dy · wᵀ), w as a matrix [taps · in, out]. */
function byMatrixProduct(backend: BackendWasm, dy: TensorInfo, filter: TensorInfo, info: ConvInfo): TensorInfo {
  const { outChannels } = info;
  const windowSize = info.filterHeight * info.filterWidth * info.inChannels;
  const turned = turnedWhileAlive(backend, filter, windowSize, outChannels);
  const windows = callKernel(
    BatchMatMul,
    { a: viewAs(dy, [info.batchSize * info.outHeight * info.outWidth, outChannels]), b: turned },
    { transposeA: false, transposeB: false },
    backend,
  );
  const dx = backend.makeOutput(info.inShape, 'float32');
  addWindows(floats(backend, windows), floats(backend, dx), info);
  backend.disposeData(windows.dataId);
  return dx;
}
