import { backend_util, MaxPoolGrad } from '@tensorflow/tfjs-core';
import type { MaxPoolGradAttrs, MaxPoolGradInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { bits, floats, offsetInHeap, wordsOfHeap } from './heap.js';
import { replacement } from './kernel.js';

/** What one pooling and its gradient read and write, where it lies. */
interface Pooling {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly dy: Float32Array;
  readonly dyBits: Int32Array;
  readonly dx: Float32Array;
  readonly dxBits: Int32Array;
  /** Per channel: all ones until the window's maximum has been met. */
  readonly looking: Int32Array;
}

/**
 * The gradient of max pooling: each window's gradient goes to its first maximum in row-major order, which is PyTorch's and
 * TensorFlow's rule. Flat regions of an image tie, so the last maximum, which the stock kernel takes, is another gradient, not a
 * rounding of the same.
 */
export const maxPoolGrad = replacement<MaxPoolGradInputs, MaxPoolGradAttrs>(
  MaxPoolGrad,
  () =>
    ({ inputs, attrs, backend }) => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const shape = inputs.input.shape as [number, number, number, number];
      const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
      const result = backend.makeOutput(shape, 'float32');
      if (isPlainHalving(info)) {
        const place = (tensor: TensorInfo): number => offsetInHeap(backend, tensor);
        halve(wordsOfHeap(backend), place(inputs.input), place(inputs.output), place(inputs.dy), place(result), info);
        return result;
      }
      const pooling: Pooling = {
        x: floats(backend, inputs.input),
        y: floats(backend, inputs.output),
        dy: floats(backend, inputs.dy),
        dyBits: bits(backend, inputs.dy),
        dx: floats(backend, result),
        dxBits: bits(backend, result),
        looking: new Int32Array(info.inChannels),
      };
      pooling.dx.fill(0);
      const overlapping = info.filterHeight > info.strideHeight || info.filterWidth > info.strideWidth;
      route(pooling, info, overlapping ? addToFirst : writeToFirst);
      return result;
    },
);

/** Two by two, side by side, over the whole image: the pooling of every model here. */
function isPlainHalving(info: backend_util.Conv2DInfo): boolean {
  return (
    info.filterHeight === 2 &&
    info.filterWidth === 2 &&
    info.strideHeight === 2 &&
    info.strideWidth === 2 &&
    info.inHeight === 2 * info.outHeight &&
    info.inWidth === 2 * info.outWidth
  );
}

/** The gradient of plain halving; places are in words of the heap. */
function halve(heap: Int32Array, x: number, y: number, dy: number, dx: number, info: backend_util.Conv2DInfo): void {
  const { inChannels, outWidth } = info;
  const rowSize = info.inWidth * inChannels;
  let window = 0;
  for (let row = 0; row < info.batchSize * info.outHeight; row++) {
    for (let column = 0; column < outWidth; column++, window += inChannels) {
      const pixel = 2 * row * rowSize + 2 * column * inChannels;
      halveWindow(heap, x + pixel, y + window, dy + window, dx + pixel, inChannels, rowSize);
    }
  }
}

/**
 * One window, all channels. The maximum is the first value whose bits are the maximum's (so that of zeros of both signs the one of the
 * maximum's sign counts), the last one if none of the others is. Masks instead of branches, which would be mispredicted every other time,
 * and one view of the heap instead of four, each with bounds to check.
 */
function halveWindow(
  heap: Int32Array,
  x: number,
  y: number,
  dy: number,
  dx: number,
  channels: number,
  rowSize: number,
): void {
  const [x1, x2] = [x + channels, x + rowSize];
  const [dx1, dx2, dx3] = [dx + channels, dx + rowSize, dx + rowSize + channels];
  for (let c = 0; c < channels; c++) {
    const maximum = heap[y + c] as number;
    const gradient = heap[dy + c] as number;
    // The gradient while the maximum has not been met, else 0.
    let difference = (heap[x + c] as number) ^ maximum;
    const after0 = gradient & ((difference | (0 - difference)) >> 31);
    difference = (heap[x1 + c] as number) ^ maximum;
    const after1 = after0 & ((difference | (0 - difference)) >> 31);
    difference = (heap[x2 + c] as number) ^ maximum;
    const after2 = after1 & ((difference | (0 - difference)) >> 31);
    heap[dx + c] = gradient ^ after0;
    heap[dx1 + c] = after0 ^ after1;
    heap[dx2 + c] = after1 ^ after2;
    heap[dx3 + c] = after2;
  }
}

/** Visits the pixels of every window, windows and their pixels in row-major order. */
function route(
  pooling: Pooling,
  info: backend_util.Conv2DInfo,
  visit: (pooling: Pooling, pixel: number, window: number) => void,
): void {
  const { inChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  let window = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * info.strideHeight - padInfo.top;
      const firstRow = Math.max(top, 0);
      const endRow = Math.min(top + filterHeight, inHeight);
      for (let column = 0; column < outWidth; column++, window += inChannels) {
        const left = column * info.strideWidth - padInfo.left;
        const firstColumn = Math.max(left, 0);
        const endColumn = Math.min(left + filterWidth, inWidth);
        pooling.looking.fill(-1);
        for (let inRow = firstRow; inRow < endRow; inRow++) {
          const start = (image * inHeight + inRow) * inWidth;
          for (let inColumn = firstColumn; inColumn < endColumn; inColumn++)
            visit(pooling, (start + inColumn) * inChannels, window);
        }
      }
    }
  }
}

/** One pixel of a window where windows do not overlap: the gradient's bits, masked. */
function writeToFirst({ x, y, dyBits, dxBits, looking }: Pooling, pixel: number, window: number): void {
  const channels = looking.length;
  for (let c = 0; c < channels; c++) {
    const stillLooking = looking[c] as number;
    const hit = -Number(x[pixel + c] === y[window + c]) & stillLooking;
    dxBits[pixel + c] = hit & (dyBits[window + c] as number);
    looking[c] = stillLooking & ~hit;
  }
}

/** One pixel of a window where windows overlap: what other windows gave stays. */
function addToFirst({ x, y, dy, dx, looking }: Pooling, pixel: number, window: number): void {
  const channels = looking.length;
  for (let c = 0; c < channels; c++) {
    const stillLooking = looking[c] as number;
    const hit = -Number(x[pixel + c] === y[window + c]) & stillLooking;
    dx[pixel + c] = (dx[pixel + c] as number) - hit * (dy[window + c] as number);
    looking[c] = stillLooking & ~hit;
  }
}
