import type { Shape } from '../tensor-type.js';
import { expect } from './op-definition.js';

/** How a window slides over images: [height, width]. */
export interface Sliding {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Zeros (for pooling: nothing) around the image. */
  readonly padding: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** The extents that a window of this size leaves of an image. @throws Error if it does not fit */
export function slidOver(
  [height, width]: readonly [number, number],
  [windowHeight, windowWidth]: readonly [number, number],
  { strides, dilations, padding }: Sliding,
): readonly [number, number] {
  const along = (extent: number, before: number, after: number, window: number, stride: number, dilation: number) =>
    Math.floor((extent + before + after - (window - 1) * dilation - 1) / stride) + 1;
  const rows = along(height, padding.top, padding.bottom, windowHeight, strides[0], dilations[0]);
  const columns = along(width, padding.left, padding.right, windowWidth, strides[1], dilations[1]);
  expect(rows > 0 && columns > 0, 'a window that fits', {
    image: [height, width],
    window: [windowHeight, windowWidth],
  });
  return [rows, columns];
}

/** The four extents of images or filters. */
export function fourExtents(shape: Shape): readonly [number, number, number, number] {
  expect(shape.length === 4, 'four axes', shape);
  return shape as unknown as readonly [number, number, number, number];
}
