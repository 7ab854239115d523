import type { Shape } from '../tensor-type.js';
import { expect } from './op-definition.js';

/** The shape that shapes are broadcast to: aligned at their last axes, extents of 1 repeated. @throws Error if they do not fit */
export function broadcastShape(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = extents.find((value) => value !== 1) ?? 1;
    expect(
      extents.every((value) => value === 1 || value === extent),
      'shapes that broadcast',
      shapes,
    );
    return extent;
  });
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, axis) => extent === b[axis]);
