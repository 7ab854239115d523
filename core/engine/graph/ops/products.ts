import { broadcastShape } from './broadcast.js';
import { expect, expectTypes, operand, type Definitions } from './op-definition.js';

export interface ProductAttributes {
  /** [..., m, k] · [..., k, n] → [..., m, n], after transposing the last two axes where asked; the axes before are broadcast. */
  readonly matMul: { readonly transposeA: boolean; readonly transposeB: boolean };
}

export const PRODUCTS: Definitions<ProductAttributes> = {
  matMul: {
    arity: 2,
    infer: (inputs, { transposeA, transposeB }) => {
      expectTypes(inputs, 'float32');
      const [a, b] = [operand(inputs, 0).shape, operand(inputs, 1).shape];
      expect(a.length >= 2 && b.length >= 2, 'matrices', [a, b]);
      const [rows, inner] = transposeA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
      const [innerOfB, columns] = transposeB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
      expect(inner === innerOfB, 'matrices whose inner extents agree', { a, b, transposeA, transposeB });
      return { shape: [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), rows ?? 1, columns ?? 1], dtype: 'float32' };
    },
  },
};
