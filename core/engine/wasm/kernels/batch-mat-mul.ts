import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { BatchMatMul } from '@tensorflow/tfjs-core';
import type { BatchMatMulAttrs, BatchMatMulInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { viewAs } from './heap.js';
import { replacement } from './kernel.js';
import { transpose } from './transpose.js';
import { turnedWhileAlive } from './while-alive.js';

/** From this size on a right operand does not stay in the second cache from one row of the left one to the next. */
const LARGE_OPERAND = 2 ** 18;

/**
 * Matrix products.
 *
 * The stock kernel hands only plain products to XNNPACK and computes transposed ones, which is what gradients are made of, element by
 * element: ten times slower. And XNNPACK reads the whole right operand again for every four rows of the left one, but the left one
 * once: the larger operand had better be the left one. So
 * - ABᵀ = (BAᵀ)ᵀ turns the small A and the small result instead of a large B;
 * - AB = (BᵀAᵀ)ᵀ for large B, such as the weights of a dense layer, whose transpose is kept while they live.
 *
 * Batches of products stay with the stock kernel.
 */
export const batchMatMul = replacement<BatchMatMulInputs, BatchMatMulAttrs>(BatchMatMul, (stock) => (call) => {
  const { inputs, attrs, backend } = call;
  const { transposeA, transposeB } = attrs;
  const { a, b } = inputs;
  const single = (operand: TensorInfo): boolean => operand.shape.slice(0, -2).every((extent) => extent === 1);
  if (!single(a) || !single(b)) return stock(call);

  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const rows = transposeA ? columnsA : rowsA;
  const inner = transposeA ? rowsA : columnsA;
  const columns = transposeB ? rowsB : columnsB;
  const smallLeft = rows > 4 && rows * (inner + columns) < columns * inner;

  let product: TensorInfo;
  if (transposeB) {
    if (transposeA) {
      // AᵀBᵀ = (BA)ᵀ
      product = turned(backend, plain(viewAs(b, [rowsB, columnsB]), viewAs(a, [rowsA, columnsA])), columns, rows);
    } else if (smallLeft) {
      const right = transpose(backend, a, rowsA, columnsA);
      product = turned(backend, plain(viewAs(b, [rowsB, columnsB]), right), columns, rows);
      backend.disposeData(right.dataId);
    } else {
      const right = transpose(backend, b, rowsB, columnsB);
      product = plain(viewAs(a, [rowsA, columnsA]), right);
      backend.disposeData(right.dataId);
    }
  } else if (transposeA) {
    const left = transpose(backend, a, rowsA, columnsA);
    product = plain(left, viewAs(b, [rowsB, columnsB]));
    backend.disposeData(left.dataId);
  } else if (smallLeft && inner * columns >= LARGE_OPERAND) {
    const right = transpose(backend, a, rowsA, columnsA);
    product = turned(backend, plain(turnedWhileAlive(backend, b, rowsB, columnsB), right), columns, rows);
    backend.disposeData(right.dataId);
  } else {
    return stock(call);
  }
  const longer = a.shape.length > b.shape.length ? a.shape : b.shape;
  return { ...product, shape: [...longer.slice(0, -2), rows, columns] };

  function plain(left: TensorInfo, right: TensorInfo): TensorInfo {
    return stock({ inputs: { a: left, b: right }, attrs: { transposeA: false, transposeB: false }, backend });
  }
});

/** Xᵀ of X [rows, columns], in its place. */
function turned(backend: BackendWasm, matrix: TensorInfo, rows: number, columns: number): TensorInfo {
  const result = transpose(backend, matrix, rows, columns);
  backend.disposeData(matrix.dataId);
  return result;
}
