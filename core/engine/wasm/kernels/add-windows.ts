import type { backend_util } from '@tensorflow/tfjs-core';

/** Where windows of an image lie. */
export type Windows = Pick<
  backend_util.Conv2DInfo,
  | 'batchSize'
  | 'inChannels'
  | 'inHeight'
  | 'inWidth'
  | 'outHeight'
  | 'outWidth'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
> & { readonly padInfo: { readonly top: number; readonly left: number } };

/** Adds each window [filterHeight, filterWidth, inChannels] to the image where it was taken from. */
export function addWindows(windows: Float32Array, dx: Float32Array, info: Windows): void {
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
  { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, inChannels }: Windows,
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
