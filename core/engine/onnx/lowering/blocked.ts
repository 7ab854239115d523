import type { TensorType } from '../../graph/graph.js';
import { fourExtents } from '../../graph/ops/windows.js';
import { keepsOrder, permuted, shapeIn, TO_FIRST, TO_LAST, type Layout } from './layout.js';
import type { NodeEmitter } from './node-emitter.js';

/** Images in a layout. */
export interface LaidOut {
  readonly value: string;
  readonly layout: Layout;
}

/** [n, h, w, c] → [n, c / block, h, w, block]. */
export function blockedShape(shape: TensorType['shape'], block: number): readonly number[] {
  const [n, height, width, channels] = fourExtents(shape);
  return [n, channels / block, height, width, block];
}

/** Images in another layout. @param type as the graph states them @param block of channels; where neither layout has blocks it is not used */
export function inLayout(
  out: NodeEmitter,
  { value, layout: from }: LaidOut,
  type: TensorType,
  to: Layout,
  block = 1,
): string {
  if (from === to) return value;
  if (from === 'channels-blocked') return fromBlocks(out, value, type, to, block);
  if (to === 'channels-blocked') return toBlocks(out, value, type, from, block);
  const [shape, permutation] = [shapeIn(from, type.shape), to === 'channels-first' ? TO_FIRST : TO_LAST];
  return keepsOrder(shape, permutation)
    ? out.reshape(value, permuted(shape, permutation))
    : out.emit('Transpose', [value], { perm: permutation });
}

function toBlocks(out: NodeEmitter, value: string, { shape, dtype }: TensorType, from: Layout, block: number): string {
  const [n, height, width, channels] = fourExtents(shape);
  const blocked = blockedShape(shape, block);
  const last = from === 'channels-last';
  if (dtype === 'float32')
    return out.reshape(out.emitBlocked('ReorderInput', [value], { channels_last: last ? 1 : 0 }), blocked);
  const apart = last ? [n, height, width, channels / block, block] : [n, channels / block, block, height, width];
  return out.emit('Transpose', [out.reshape(value, apart)], { perm: last ? [0, 3, 1, 2, 4] : [0, 1, 3, 4, 2] });
}

function fromBlocks(out: NodeEmitter, value: string, { shape, dtype }: TensorType, to: Layout, block: number): string {
  const last = to === 'channels-last';
  if (dtype === 'float32') {
    const [, , , channels] = fourExtents(shape);
    const images = out.reshape(value, shapeIn('channels-first', shape));
    return out.emitBlocked('ReorderOutput', [images], { channels, channels_last: last ? 1 : 0 });
  }
  const apart = out.reshape(value, blockedShape(shape, block));
  const together = out.emit('Transpose', [apart], { perm: last ? [0, 2, 3, 1, 4] : [0, 1, 4, 2, 3] });
  return out.reshape(together, shapeIn(to, shape));
}
