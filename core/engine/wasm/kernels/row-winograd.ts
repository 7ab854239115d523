import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { Conv2D } from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { floatsOfHeap, offsetInHeap, floats } from './heap.js';
import { callKernel } from './kernel.js';

/** Zeros around an image: [[top, bottom], [left, right]]. */
export type Padding = readonly [readonly [number, number], readonly [number, number]];

/** Filter rows, and output rows a tile: six products give what ten would. */
export const FILTER_ROWS = 5;
const TILE_ROWS = 2;

/** Rows: the points 0, 1, −1, 2, −2, ∞ at which the filter, as a polynomial of its rows, is evaluated, over the products of their differences. */
const FILTER_AT_POINTS = [
  [1 / 4, 0, 0, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6, 1 / 3, 2 / 3],
  [1 / 24, -1 / 12, 1 / 6, -1 / 3, 2 / 3],
  [0, 0, 0, 0, 1],
] as const;

/**
 * A convolution with a filter of five rows and stride 1, computed in tiles of two output rows with three fifths of the
 * multiplications: Winograd's minimal filtering F(2, 5) along the rows, y = Aᵀ[(Gw) ⊙ (Bᵀx)] (Winograd 1980; Lavin and Gray 2016), in
 * which ⊙ is a convolution along the columns.
 *
 * Its rounding is a few times that of the plain convolution, and differs between the two rows of a tile. So it is for gradients alone:
 * in a forward pass equal windows of an image must give equal values, or pooling would break their ties at random.
 *
 * @param x [n, h, w, in], h + padding − 4 even
 * @param filter [5, columns, in, out]
 * @returns [n, h + padding − 4, w + padding − columns + 1, out]; the caller disposes it
 */
export function convolveByRowTiles(
  backend: BackendWasm,
  x: TensorInfo,
  filter: TensorInfo,
  [[top, bottom], columns]: Padding,
): TensorInfo {
  const [images = 0, height = 0, width = 0, channels = 0] = x.shape;
  const tiles = (height + top + bottom - FILTER_ROWS + 1) / TILE_ROWS;
  const attrs = { strides: 1, pad: [[0, 0], [0, 0], columns, [0, 0]], dataFormat: 'NHWC', dilations: 1 };

  const inputs = FILTER_AT_POINTS.map(() => backend.makeOutput([images, tiles, width, channels], 'float32'));
  inputsAtPoints(backend, x, inputs, top);
  const products = inputs.map((input, point) => {
    const atPoint = filterAtPoint(backend, filter, FILTER_AT_POINTS[point] ?? []);
    const product = callKernel(Conv2D, { x: input, filter: atPoint }, attrs, backend);
    backend.disposeData(input.dataId);
    backend.disposeData(atPoint.dataId);
    return product;
  });
  const [, , outWidth = 0, outChannels = 0] = products[0]?.shape ?? [];
  const y = backend.makeOutput([images, TILE_ROWS * tiles, outWidth, outChannels], 'float32');
  outputsFromPoints(backend, products, y);
  for (const product of products) backend.disposeData(product.dataId);
  return y;
}

/** Gw at one point: [1, columns, in, out]. */
function filterAtPoint(backend: BackendWasm, filter: TensorInfo, weights: readonly number[]): TensorInfo {
  const result = backend.makeOutput([1, ...filter.shape.slice(1)], 'float32');
  const from = floats(backend, filter);
  const to = floats(backend, result);
  const sums = new Float64Array(to.length);
  weights.forEach((weight, row) => {
    if (weight !== 0) addScaled(from, row * sums.length, weight, sums);
  });
  to.set(sums);
  return result;
}

function addScaled(from: Float32Array, start: number, weight: number, sums: Float64Array): void {
  const size = sums.length;
  for (let i = 0; i < size; i++) sums[i] = (sums[i] as number) + weight * (from[start + i] as number);
}

/** Bᵀx of every tile, at each of the six points. */
function inputsAtPoints(backend: BackendWasm, x: TensorInfo, points: readonly TensorInfo[], top: number): void {
  const [images = 0, height = 0, width = 0, channels = 0] = x.shape;
  const tiles = points[0]?.shape[1] ?? 0;
  const rowSize = width * channels;
  const zeros = backend.makeOutput([rowSize], 'float32');
  floats(backend, zeros).fill(0);
  const heap = floatsOfHeap(backend);
  const [from, none] = [offsetInHeap(backend, x), offsetInHeap(backend, zeros)];
  const to = points.map((point) => offsetInHeap(backend, point));
  const rows = new Int32Array(points.length);
  for (let image = 0, tile = 0; image < images; image++) {
    for (let row = -top; row < TILE_ROWS * tiles - top; row += TILE_ROWS, tile++) {
      for (let i = 0; i < rows.length; i++) {
        const inside = row + i >= 0 && row + i < height;
        rows[i] = inside ? from + (image * height + row + i) * rowSize : none;
      }
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = rows;
      const [p = 0, q = 0, r = 0, s = 0, t = 0, u = 0] = to;
      const at = tile * rowSize;
      tileAtPoints(heap, rowSize, a, b, c, d, e, f, p + at, q + at, r + at, s + at, t + at, u + at);
    }
  }
  backend.disposeData(zeros.dataId);
}

/** Bᵀ of six rows at a…f into p…u; places are in words of the heap. */
function tileAtPoints(
  heap: Float32Array,
  size: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  p: number,
  q: number,
  r: number,
  s: number,
  t: number,
  u: number,
): void {
  for (let i = 0; i < size; i++) {
    const x1 = heap[b + i] as number;
    const x2 = heap[c + i] as number;
    const x3 = heap[d + i] as number;
    const x4 = heap[e + i] as number;
    const even = x4 - 4 * x2;
    const odd = x3 - 4 * x1;
    const evenAtTwo = x4 - x2;
    const oddAtTwo = 2 * (x3 - x1);
    heap[p + i] = 4 * (heap[a + i] as number) - 5 * x2 + x4;
    heap[q + i] = even + odd;
    heap[r + i] = even - odd;
    heap[s + i] = evenAtTwo + oddAtTwo;
    heap[t + i] = evenAtTwo - oddAtTwo;
    heap[u + i] = 4 * x1 - 5 * x3 + (heap[f + i] as number);
  }
}

/** Aᵀ of the six products of every tile. */
function outputsFromPoints(backend: BackendWasm, products: readonly TensorInfo[], y: TensorInfo): void {
  const [images = 0, height = 0, width = 0, channels = 0] = y.shape;
  const rowSize = width * channels;
  const heap = floatsOfHeap(backend);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = products.map((product) => offsetInHeap(backend, product));
  const to = offsetInHeap(backend, y);
  for (let tile = 0; tile < (images * height) / TILE_ROWS; tile++) {
    const at = tile * rowSize;
    tileFromPoints(heap, rowSize, a + at, b + at, c + at, d + at, e + at, f + at, to + TILE_ROWS * at);
  }
}

function tileFromPoints(
  heap: Float32Array,
  size: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  to: number,
): void {
  for (let i = 0; i < size; i++) {
    const m1 = heap[b + i] as number;
    const m2 = heap[c + i] as number;
    const m3 = heap[d + i] as number;
    const m4 = heap[e + i] as number;
    heap[to + i] = (heap[a + i] as number) + m1 + m2 + m3 + m4;
    heap[to + size + i] = m1 - m2 + 2 * (m3 - m4) + (heap[f + i] as number);
  }
}
