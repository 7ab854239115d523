import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { Conv2D } from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { floatsOfHeap, offsetInHeap, floats } from './heap.js';
import { callKernel } from './kernel.js';
import { FOUR_ROWS, TWO_ROWS, type RowTile } from './row-tiles.js';
import { whileAlive } from './while-alive.js';

/** Zeros around an image: [[top, bottom], [left, right]]. */
export type Padding = readonly [readonly [number, number], readonly [number, number]];

export const FILTER_ROWS = 5;

/** Rows of each image, from `first` on, that are computed in tiles of one kind. */
interface Band {
  readonly tile: RowTile;
  readonly first: number;
  readonly tiles: number;
}

/**
 * A convolution with a filter of five rows and stride 1, computed in tiles of four output rows with two fifths of the multiplications,
 * and of two with three fifths where two are left: Winograd's minimal filtering F(4, 5) and F(2, 5) along the rows,
 * y = Aᵀ[(Gw) ⊙ (Bᵀx)] (Winograd 1980; Lavin and Gray 2016), in which ⊙ is a convolution along the columns.
 *
 * Its rounding is several times that of the plain convolution, and differs between the rows of a tile. So it is for gradients alone:
 * in a forward pass equal windows of an image must give equal values, or pooling would break their ties at random.
 *
 * @param x [n, h, w, in], h + padding − 4 even
 * @param filter [5, columns, in, out]; what is made of it is kept while it lives
 * @returns [n, h + padding − 4, w + padding − columns + 1, out]; the caller disposes it
 */
export function convolveByRowTiles(
  backend: BackendWasm,
  x: TensorInfo,
  filter: TensorInfo,
  [[top, bottom], columns]: Padding,
): TensorInfo {
  const [images = 0, height = 0, width = 0] = x.shape;
  const [, filterColumns = 0, , outChannels = 0] = filter.shape;
  const outHeight = height + top + bottom - FILTER_ROWS + 1;
  const outWidth = width + columns[0] + columns[1] - filterColumns + 1;
  const y = backend.makeOutput([images, outHeight, outWidth, outChannels], 'float32');
  const fours = Math.floor(outHeight / FOUR_ROWS.rows);
  const first = fours * FOUR_ROWS.rows;
  const bands: readonly Band[] = [
    { tile: FOUR_ROWS, first: 0, tiles: fours },
    { tile: TWO_ROWS, first, tiles: (outHeight - first) / TWO_ROWS.rows },
  ];
  for (const band of bands) if (band.tiles > 0) convolveBand(backend, x, filter, y, band, top, columns);
  return y;
}

function convolveBand(
  backend: BackendWasm,
  x: TensorInfo,
  filter: TensorInfo,
  y: TensorInfo,
  band: Band,
  top: number,
  columns: Padding[1],
): void {
  const [images = 0, , width = 0, channels = 0] = x.shape;
  const { filterAtPoints } = band.tile;
  const attrs = { strides: 1, pad: [[0, 0], [0, 0], columns, [0, 0]], dataFormat: 'NHWC', dilations: 1 };
  const filters = whileAlive(backend, filter, `at ${filterAtPoints.length} points`, () =>
    filterAtPoints.map((weights) => filterAtPoint(backend, filter, weights)),
  );
  // One image of all tiles: XNNPACK computes four pixels of an image at a time, needed or not.
  const shape = [1, images * band.tiles, width, channels];
  const inputs = filters.map(() => backend.makeOutput(shape, 'float32'));
  inputsAtPoints(backend, x, inputs, band, top);
  const products = inputs.map((input, point) => {
    const product = callKernel(Conv2D, { x: input, filter: filters[point] as TensorInfo }, attrs, backend);
    backend.disposeData(input.dataId);
    return product;
  });
  outputsFromPoints(backend, products, y, band);
  for (const product of products) backend.disposeData(product.dataId);
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

/** Bᵀx of every tile, at each point. */
function inputsAtPoints(
  backend: BackendWasm,
  x: TensorInfo,
  points: readonly TensorInfo[],
  { tile, first, tiles }: Band,
  top: number,
): void {
  const [images = 0, height = 0, width = 0, channels = 0] = x.shape;
  const rowSize = width * channels;
  const zeros = backend.makeOutput([rowSize], 'float32');
  floats(backend, zeros).fill(0);
  const heap = floatsOfHeap(backend);
  const [from, none] = [offsetInHeap(backend, x), offsetInHeap(backend, zeros)];
  const to = Int32Array.from(points, (point) => offsetInHeap(backend, point));
  const rows = new Int32Array(points.length);
  for (let image = 0; image < images; image++) {
    for (let index = 0; index < tiles; index++) {
      const row = first + index * tile.rows - top;
      for (let i = 0; i < rows.length; i++) {
        const inside = row + i >= 0 && row + i < height;
        rows[i] = inside ? from + (image * height + row + i) * rowSize : none;
      }
      tile.atPoints(heap, rowSize, rows, to);
      for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + rowSize;
    }
  }
  backend.disposeData(zeros.dataId);
}

/** Aᵀ of the products of every tile. */
function outputsFromPoints(
  backend: BackendWasm,
  products: readonly TensorInfo[],
  y: TensorInfo,
  { tile, first, tiles }: Band,
): void {
  const [images = 0, height = 0, width = 0, channels = 0] = y.shape;
  const rowSize = width * channels;
  const heap = floatsOfHeap(backend);
  const from = Int32Array.from(products, (product) => offsetInHeap(backend, product));
  const to = offsetInHeap(backend, y);
  for (let image = 0; image < images; image++) {
    for (let index = 0; index < tiles; index++) {
      tile.fromPoints(heap, rowSize, from, to + (image * height + first + index * tile.rows) * rowSize);
      for (let i = 0; i < from.length; i++) from[i] = (from[i] as number) + rowSize;
    }
  }
}
