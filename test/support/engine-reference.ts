import type { backend_util } from '@tensorflow/tfjs-core';

/** What engines are tested against: the sums of the definitions, as plain nested loops in float64. Images are [n, h, w, c], filters [h, w, in, out]. */

export type Shape4D = [number, number, number, number];

/** Every pixel of every window: its place in the input, in the filter and in the output. */
interface Tap {
  readonly input: number;
  readonly tap: number;
  readonly output: number;
}

/** Pixels (without channels) that each window covers, windows and their pixels in row-major order. */
function* taps(info: backend_util.Conv2DInfo): Generator<Tap> {
  for (let image = 0; image < info.batchSize; image++)
    for (let row = 0; row < info.outHeight; row++)
      for (let column = 0; column < info.outWidth; column++)
        for (let i = 0; i < info.filterHeight; i++)
          for (let j = 0; j < info.filterWidth; j++) {
            const inRow = row * info.strideHeight - info.padInfo.top + i * info.dilationHeight;
            const inColumn = column * info.strideWidth - info.padInfo.left + j * info.dilationWidth;
            if (inRow < 0 || inRow >= info.inHeight || inColumn < 0 || inColumn >= info.inWidth) continue;
            yield {
              input: (image * info.inHeight + inRow) * info.inWidth + inColumn,
              tap: i * info.filterWidth + j,
              output: (image * info.outHeight + row) * info.outWidth + column,
            };
          }
}

/** y = Σ x · w over each window. */
export function convolve(info: backend_util.Conv2DInfo, x: Float32Array, w: Float32Array): Float64Array {
  const { inChannels, outChannels } = info;
  const y = new Float64Array(info.batchSize * info.outHeight * info.outWidth * outChannels);
  for (const { input, tap, output } of taps(info))
    for (let c = 0; c < inChannels; c++)
      for (let o = 0; o < outChannels; o++)
        y[output * outChannels + o]! += x[input * inChannels + c]! * w[(tap * inChannels + c) * outChannels + o]!;
  return y;
}

/** dx = Σ dy · w over each window that a pixel is in. */
export function convolveBackInput(info: backend_util.Conv2DInfo, dy: Float32Array, w: Float32Array): Float64Array {
  const { inChannels, outChannels } = info;
  const dx = new Float64Array(info.batchSize * info.inHeight * info.inWidth * inChannels);
  for (const { input, tap, output } of taps(info))
    for (let c = 0; c < inChannels; c++)
      for (let o = 0; o < outChannels; o++)
        dx[input * inChannels + c]! += dy[output * outChannels + o]! * w[(tap * inChannels + c) * outChannels + o]!;
  return dx;
}

/** dw = Σ x · dy over all windows of all images. */
export function convolveBackFilter(info: backend_util.Conv2DInfo, x: Float32Array, dy: Float32Array): Float64Array {
  const { inChannels, outChannels } = info;
  const dw = new Float64Array(info.filterHeight * info.filterWidth * inChannels * outChannels);
  for (const { input, tap, output } of taps(info))
    for (let c = 0; c < inChannels; c++)
      for (let o = 0; o < outChannels; o++)
        dw[(tap * inChannels + c) * outChannels + o]! += x[input * inChannels + c]! * dy[output * outChannels + o]!;
  return dw;
}

/** Each window's gradient at its first maximum in row-major order. */
export function maxPoolBack(info: backend_util.Conv2DInfo, x: Float32Array, dy: Float32Array): Float64Array {
  const channels = info.inChannels;
  const windows = info.batchSize * info.outHeight * info.outWidth * channels;
  const first = new Int32Array(windows).fill(-1);
  for (const { input, output } of taps(info))
    for (let c = 0; c < channels; c++) {
      const best = first[output * channels + c]!;
      if (best < 0 || x[input * channels + c]! > x[best]!) first[output * channels + c] = input * channels + c;
    }
  const dx = new Float64Array(x.length);
  for (let window = 0; window < windows; window++) dx[first[window]!]! += dy[window]!;
  return dx;
}

/** op(A) · op(B), op the identity or the transpose; A and B as they are stored, row-major. */
export function multiply(
  a: Float32Array,
  b: Float32Array,
  [rows, inner, columns]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < inner; k++)
        product[i * columns + j]! +=
          a[transposeA ? k * rows + i : i * inner + k]! * b[transposeB ? j * inner + k : k * columns + j]!;
  return product;
}
