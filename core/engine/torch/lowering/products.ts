import type { NodeOf } from '../../graph/graph.js';
import type { ProductAttributes } from '../../graph/ops/products.js';
import type { Slot } from '../torch-program.js';
import type { Emitter, Lowerings } from './lowering.js';

/** Multiplies matrices. @param bias one value for each column of the result (of two axes), or nothing */
export function multiply(node: NodeOf<'matMul'>, emitter: Emitter, bias: readonly Slot[] = []): Slot {
  const { transposeA, transposeB } = node.attrs;
  return emitter.step('matMul', [...emitter.operands(node), ...bias], { transposeA, transposeB });
}

export const PRODUCTS: Lowerings<keyof ProductAttributes> = { matMul: (node, emitter) => multiply(node, emitter) };
