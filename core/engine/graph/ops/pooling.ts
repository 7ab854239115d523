import { sameShape } from './broadcast.js';
import { expect, expectTypes, operand, type Definitions } from './op-definition.js';
import { fourExtents, slidOver, type Sliding } from './windows.js';
import type { Shape } from '../tensor-type.js';

/** A pooling window: [height, width]. */
export type Pooling = Sliding & { readonly size: readonly [number, number] };

export interface PoolingAttributes {
  /** Images [n, h, w, c] → [n, h', w', c]; what lies outside of an image does not count. */
  readonly maxPool: Pooling;
  /** (dy, images, maxPool(images)) → the gradient in the images: dy goes to the first maximum of each window, row by row. */
  readonly maxPoolGradient: Pooling;
  /** The mean of what of the window lies inside the image. */
  readonly avgPool: Pooling;
  /** dy → the gradient of avgPool in images of shape `imageShape`. */
  readonly avgPoolGradient: Pooling & { readonly imageShape: Shape };
}

function pooled(images: Shape, { size, ...sliding }: Pooling): Shape {
  const [n, height, width, channels] = fourExtents(images);
  const [rows, columns] = slidOver([height, width], size, sliding);
  return [n, rows, columns, channels];
}

const forward: Definitions<PoolingAttributes>['maxPool'] = {
  arity: 1,
  infer: (inputs, pooling) => {
    expectTypes(inputs, 'float32');
    return { shape: pooled(operand(inputs, 0).shape, pooling), dtype: 'float32' };
  },
};

export const POOLING: Definitions<PoolingAttributes> = {
  maxPool: forward,
  maxPoolGradient: {
    arity: 3,
    infer: (inputs, pooling) => {
      expectTypes(inputs, 'float32');
      const [dy, images, maxima] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
      const expected = pooled(images.shape, pooling);
      const fits = sameShape(dy.shape, expected) && sameShape(maxima.shape, expected);
      expect(fits, `dy and maxima ${JSON.stringify(expected)}`, [dy.shape, maxima.shape]);
      return images;
    },
  },
  avgPool: forward,
  avgPoolGradient: {
    arity: 1,
    infer: (inputs, { imageShape, ...pooling }) => {
      expectTypes(inputs, 'float32');
      const expected = pooled(imageShape, pooling);
      expect(sameShape(operand(inputs, 0).shape, expected), `dy ${JSON.stringify(expected)}`, operand(inputs, 0).shape);
      return { shape: imageShape, dtype: 'float32' };
    },
  },
};
