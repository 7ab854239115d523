import { BatchMatMul } from '@tensorflow/tfjs-core';
import type { BatchMatMulAttrs, BatchMatMulInputs, TensorInfo } from '@tensorflow/tfjs-core';
import { viewAs } from './heap.js';
import { replacement } from './kernel.js';
import { transpose } from './transpose.js';

/**
 * Matrix products with transposed operands.
 *
 * The stock kernel hands only plain products to XNNPACK and computes transposed ones, which is what gradients are made of, element by
 * element: ten times slower. XNNPACK lays the right operand out anew on every call and streams the left one, so that a large right
 * operand had better stay where it is: ABᵀ = (BAᵀ)ᵀ turns the small A and the small result instead of a large B.
 *
 * Batches of products stay with the stock kernel.
 */
export const batchMatMul = replacement<BatchMatMulInputs, BatchMatMulAttrs>(
  BatchMatMul,
  (stock) =>
    ({ inputs, attrs, backend }) => {
      const { transposeA, transposeB } = attrs;
      const { a, b } = inputs;
      const single = (operand: TensorInfo): boolean => operand.shape.slice(0, -2).every((extent) => extent === 1);
      if ((!transposeA && !transposeB) || !single(a) || !single(b)) return stock({ inputs, attrs, backend });

      const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
      const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
      const rows = transposeA ? columnsA : rowsA;
      const inner = transposeA ? rowsA : columnsA;
      const columns = transposeB ? rowsB : columnsB;
      const plain = (left: TensorInfo, right: TensorInfo): TensorInfo =>
        stock({ inputs: { a: left, b: right }, attrs: { transposeA: false, transposeB: false }, backend });
      const matrixA = viewAs(a, [rowsA, columnsA]);
      const matrixB = viewAs(b, [rowsB, columnsB]);

      let product: TensorInfo;
      if (transposeA && transposeB) {
        // AᵀBᵀ = (BA)ᵀ
        const turned = plain(matrixB, matrixA);
        product = transpose(backend, turned, columns, rows);
        backend.disposeData(turned.dataId);
      } else if (transposeA) {
        const left = transpose(backend, a, rowsA, columnsA);
        product = plain(left, matrixB);
        backend.disposeData(left.dataId);
      } else if (rows * (inner + columns) < columns * inner) {
        // ABᵀ = (BAᵀ)ᵀ
        const right = transpose(backend, a, rowsA, columnsA);
        const turned = plain(matrixB, right);
        product = transpose(backend, turned, columns, rows);
        backend.disposeData(right.dataId);
        backend.disposeData(turned.dataId);
      } else {
        const right = transpose(backend, b, rowsB, columnsB);
        product = plain(matrixA, right);
        backend.disposeData(right.dataId);
      }
      const batch = a.shape.length > b.shape.length ? a.shape : b.shape;
      return { ...product, shape: [...batch.slice(0, -2), rows, columns] };
    },
);
