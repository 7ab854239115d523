import type { Sliding } from '../../graph/ops/windows.js';
import type { Attributes } from './node-emitter.js';

/** How a window slides, as ONNX states it. */
export function slidingAttributes({ strides, dilations, padding }: Sliding) {
  const { top, left, bottom, right } = padding;
  return { strides, dilations, pads: [top, left, bottom, right] } satisfies Attributes;
}
