import type { Shape } from '../../graph/graph.js';
import { fourExtents, type Sliding } from '../../graph/ops/windows.js';
import type { LaidOut } from './blocked.js';
import type { Lowering } from './lower-op.js';
import { slidingAttributes } from './sliding-attributes.js';

/** A matrix [count, k] and images of k channels that it is multiplied with. */
export interface ColumnTerm {
  readonly matrix: string;
  /** All terms of a sum in the same layout, channels-first or in blocks. */
  readonly images: LaidOut & { readonly shape: Shape };
}

/**
 * Images from a sum of products with one column for each pixel of a window, added up where windows overlap.
 *
 * @param terms of matrices [in · h · w, k] and images [n, rows, columns, k] with a pixel for each window
 */
export function addColumns(
  lowering: Lowering,
  terms: readonly ColumnTerm[],
  { imageShape, ...sliding }: Sliding & { readonly imageShape: Shape },
  window: readonly [number, number],
): string {
  const { out } = lowering;
  const [, imageHeight, imageWidth, channels] = fourExtents(imageShape);
  const count = channels * window[0] * window[1];
  const inBlocks = terms.some(({ images }) => images.layout === 'channels-blocked');
  const columns = inBlocks ? sumInBlocks(lowering, terms, count) : sum(lowering, terms);
  return out.emit(
    'Col2Im',
    [columns, out.integers([imageHeight, imageWidth]), out.integers(window)],
    slidingAttributes(sliding),
  );
}

/** One product, of all that there is one after the other, as [n, count, pixels]. */
function sum({ out }: Lowering, terms: readonly ColumnTerm[]): string {
  const values = terms.map(({ images: { value, shape } }) => {
    const [n, rows, columns, channels] = fourExtents(shape);
    return out.reshape(value, [n, channels, rows * columns]);
  });
  const together = (parts: readonly string[]) =>
    parts.length === 1 ? parts.join() : out.emit('Concat', parts, { axis: 1 });
  return out.emit('MatMul', [together(terms.map(({ matrix }) => matrix)), together(values)]);
}

/** Convolutions with filters of one pixel, each of which adds to the one before. */
function sumInBlocks({ out, block = 1 }: Lowering, terms: readonly ColumnTerm[], count: number): string {
  const whole = Math.ceil(count / block) * block;
  const shape = terms[0]?.images.shape ?? [];
  const [n, rows, columns] = fourExtents(shape);
  const total = terms.reduce<string | undefined>((before, { matrix, images }) => {
    const [, , , channels] = fourExtents(images.shape);
    const filled = out.emit('Pad', [matrix, out.integers([0, 0, whole - count, 0])]);
    const apart = out.reshape(filled, [whole / block, block, channels / block, block]);
    const filters = out.reshape(out.emit('Transpose', [apart], { perm: [0, 2, 3, 1] }), [whole, channels, 1, 1]);
    const operands = [out.reshape(images.value, [n, channels, rows, columns]), filters];
    const addends = before === undefined ? [] : ['', before];
    return out.emitBlocked('Conv', [...operands, ...addends], { kernel_shape: [1, 1] });
  }, undefined);
  const reordered = out.emitBlocked('ReorderOutput', [total ?? ''], { channels: count });
  return out.reshape(reordered, [n, count, rows * columns]);
}
