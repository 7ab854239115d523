import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { floats } from './heap.js';

/** Rows and columns of a tile that stays in the first cache while it is turned. */
const TILE = 16;

/** Xᵀ of X [rows, columns], float32, whatever rank it is stored as; the caller disposes the result [columns, rows]. */
export function transpose(backend: BackendWasm, matrix: TensorInfo, rows: number, columns: number): TensorInfo {
  const result = backend.makeOutput([columns, rows], 'float32');
  transposeInto(floats(backend, matrix), floats(backend, result), rows, columns);
  return result;
}

/** Writes Xᵀ of row-major X [rows, columns] to `to` [columns, rows]. */
export function transposeInto(from: Float32Array, to: Float32Array, rows: number, columns: number): void {
  for (let rowTile = 0; rowTile < rows; rowTile += TILE) {
    const rowEnd = Math.min(rowTile + TILE, rows);
    for (let columnTile = 0; columnTile < columns; columnTile += TILE) {
      const columnEnd = Math.min(columnTile + TILE, columns);
      for (let row = rowTile; row < rowEnd; row++) {
        for (let column = columnTile; column < columnEnd; column++) {
          to[column * rows + row] = from[row * columns + column] as number;
        }
      }
    }
  }
}
