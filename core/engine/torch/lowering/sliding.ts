import type { Sliding } from '../../graph/ops/windows.js';
import type { StepAttributes } from '../torch-program.js';

/** How a window slides, as instructions take it: padding is top, bottom, left, right. */
export function slidingAttributes({ strides, dilations, padding }: Sliding): StepAttributes {
  return { strides, dilations, padding: [padding.top, padding.bottom, padding.left, padding.right] };
}
