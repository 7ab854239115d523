import { add, matMul } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type EngineCase, chance, drawShape, gradients, of, tensorOf } from './engine-case.js';

export const PRODUCTS: readonly EngineCase[] = [
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): EngineCase => ({
      name: `product of ${transposeA ? 'Aᵀ' : 'A'} and ${transposeB ? 'Bᵀ' : 'B'}, and its gradients`,
      draw: (random) => {
        const [rows = 1, inner = 1, columns = 1] = drawShape(random, 3);
        const batch = chance(random) ? [] : drawShape(random, 1);
        const a = tensorOf(random, [...batch, ...(transposeA ? [inner, rows] : [rows, inner])]);
        const b = tensorOf(random, [...batch, ...(transposeB ? [columns, inner] : [inner, columns])]);
        const product = (x: Tensor, y: Tensor) => matMul(x, y, transposeA, transposeB);
        return of((x: Tensor, y: Tensor) => [product(x, y), ...gradients(product)(x, y)], a, b);
      },
    })),
  ),
  {
    name: 'product with a bias',
    draw: (random) => {
      const [rows = 1, inner = 1, columns = 1] = drawShape(random, 3);
      const inputs = [[rows, inner], [inner, columns], [columns]].map((shape) => tensorOf(random, shape));
      return of((x: Tensor, w: Tensor, b: Tensor) => add(matMul(x, w), b), ...inputs);
    },
  },
];
