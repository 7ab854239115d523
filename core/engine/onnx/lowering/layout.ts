import type { Shape } from '../../graph/graph.js';

/**
 * How the axes of a tensor of four axes lie in memory: as the graph states them, images [n, h, w, c], or as ONNX' convolutions and pools take
 * images, [n, c, h, w], or in blocks of channels, [n, c / b, h, w, b], as ONNX Runtime's own operators take them. All other tensors are as the graph
 * states them.
 */
export type Layout = 'channels-last' | 'channels-first' | 'channels-blocked';

/** Axis i of channels-first images is axis `TO_FIRST[i]` of channels-last ones. */
export const TO_FIRST = [0, 3, 1, 2] as const;
/** Axis i of channels-last images is axis `TO_LAST[i]` of channels-first ones. */
export const TO_LAST = [0, 2, 3, 1] as const;

/** A shape of the graph in a layout without blocks. */
export function shapeIn(layout: Layout, shape: Shape): Shape {
  return layout === 'channels-first' ? permuted(shape, TO_FIRST) : shape;
}

/** Where an axis of the graph's is in a layout; where there are blocks, one that is not of channels. */
export function axisIn(layout: Layout, axis: number): number {
  if (layout === 'channels-blocked') return BLOCKED_AXES[axis] ?? axis;
  return layout === 'channels-first' ? (TO_LAST[axis] ?? axis) : axis;
}

/** Where examples, rows and columns are in [n, c / b, h, w, b]. */
const BLOCKED_AXES = [0, 2, 3] as const;

/** Something for each axis of the graph's, in the order of a layout. */
export function permuted<T>(values: readonly T[], permutation: readonly number[]): readonly T[] {
  return permutation.flatMap((axis) => values.slice(axis, axis + 1));
}

/** Whether a transpose leaves the elements in their order in memory: it moves axes of extent 1 alone. */
export function keepsOrder(shape: Shape, permutation: readonly number[]): boolean {
  const moved = permutation.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, place) => place === 0 || axis > (moved[place - 1] ?? -1));
}
