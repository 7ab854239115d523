import { nodeAt } from '../../graph/graph.js';
import type { ProductAttributes } from '../../graph/ops/products.js';
import { operandOf, type LowerOp, type Lowering, type Lowerings } from './lower-op.js';

/** Gemm for two matrices, which transposes while it reads; MatMul for batches of them. */
const matMul: LowerOp<'matMul'> = (node, lowering) => {
  const { transposeA, transposeB } = node.attrs;
  const [a, b] = [operandOf(node, 0), operandOf(node, 1)];
  const matrices = [a, b].every((id) => nodeAt(lowering.graph, id).shape.length === 2);
  if (!matrices)
    return lowering.out.emit('MatMul', [readMatrices(lowering, a, transposeA), readMatrices(lowering, b, transposeB)]);
  return gemm(lowering, node, []);
};

/** op(A) op(B) + C of a product of two matrices. @param addends C, or none */
export function gemm(
  lowering: Lowering,
  product: Parameters<LowerOp<'matMul'>>[0],
  addends: readonly string[],
): string {
  const { transposeA, transposeB } = product.attrs;
  const operands = product.inputs.map((id) => lowering.read(id));
  return lowering.out.emit('Gemm', [...operands, ...addends], { transA: +transposeA, transB: +transposeB });
}

function readMatrices(lowering: Lowering, id: number, transpose: boolean): string {
  if (!transpose) return lowering.read(id);
  const rank = nodeAt(lowering.graph, id).shape.length;
  const permutation = Array.from({ length: rank }, (_, axis) => axis);
  return lowering.readTransposed(id, [...permutation.slice(0, -2), rank - 1, rank - 2]);
}

export const PRODUCT_LOWERINGS: Lowerings<ProductAttributes> = { matMul };
