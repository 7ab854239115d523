import { sameShape } from './broadcast.js';
import { expect, expectTypes, operand, type Definitions } from './op-definition.js';
import { fourExtents, slidOver, type Sliding } from './windows.js';
import type { Shape } from '../tensor-type.js';

export interface ConvolutionAttributes {
  /** Cross-correlation: images [n, h, w, in], filters [h, w, in, out] → [n, h', w', out]. */
  readonly conv2d: Sliding;
  /** (dy [n, h', w', out], filters) → the gradient of conv2d in its images, of shape `imageShape`. */
  readonly conv2dImageGradient: Sliding & { readonly imageShape: Shape };
  /** (images, dy) → the gradient of conv2d in its filters, of shape `filterShape`. */
  readonly conv2dFilterGradient: Sliding & { readonly filterShape: Shape };
}

function convolved(images: Shape, filters: Shape, sliding: Sliding): Shape {
  const [n, height, width, channels] = fourExtents(images);
  const [filterHeight, filterWidth, inChannels, outChannels] = fourExtents(filters);
  expect(channels === inChannels, `filters of ${channels} channels`, filters);
  const [rows, columns] = slidOver([height, width], [filterHeight, filterWidth], sliding);
  return [n, rows, columns, outChannels];
}

export const CONVOLUTIONS: Definitions<ConvolutionAttributes> = {
  conv2d: {
    arity: 2,
    infer: (inputs, sliding) => {
      expectTypes(inputs, 'float32');
      return { shape: convolved(operand(inputs, 0).shape, operand(inputs, 1).shape, sliding), dtype: 'float32' };
    },
  },
  conv2dImageGradient: {
    arity: 2,
    infer: (inputs, { imageShape, ...sliding }) => {
      expectTypes(inputs, 'float32');
      const expected = convolved(imageShape, operand(inputs, 1).shape, sliding);
      expect(sameShape(operand(inputs, 0).shape, expected), `dy ${JSON.stringify(expected)}`, operand(inputs, 0).shape);
      return { shape: imageShape, dtype: 'float32' };
    },
  },
  conv2dFilterGradient: {
    arity: 2,
    infer: (inputs, { filterShape, ...sliding }) => {
      expectTypes(inputs, 'float32');
      const expected = convolved(operand(inputs, 0).shape, filterShape, sliding);
      expect(sameShape(operand(inputs, 1).shape, expected), `dy ${JSON.stringify(expected)}`, operand(inputs, 1).shape);
      return { shape: filterShape, dtype: 'float32' };
    },
  },
};
