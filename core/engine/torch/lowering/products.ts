import type { ProductAttributes } from '../../graph/ops/products.js';
import { direct, type Lowerings } from './lowering.js';

export const PRODUCTS: Lowerings<keyof ProductAttributes> = {
  matMul: direct(({ attrs: { transposeA, transposeB } }) => ({ transposeA, transposeB })),
};
