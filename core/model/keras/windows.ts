import { conv2d, pad, reshape, slice, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import type { KerasOptions } from './keras-options.js';
import type { Refuse, Shape } from './keras-layer.js';

export type Pair = readonly [number, number];
export type Padding = 'valid' | 'same';

/** How a window slides over images, in Keras' words. */
export interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}

export const readPadding = (options: KerasOptions): Padding => options.choice('padding', ['valid', 'same'], 'valid');

/** Images are [height, width, channels] in every engine here. */
export const channelsLast = (options: KerasOptions): 'channels_last' =>
  options.choice('data_format', ['channels_last'], 'channels_last');

/** The shape [height, width, channels] that a layer of images follows. @throws invalid-input naming the layer */
export function imageOf(shape: Shape, refuse: Refuse): readonly [number, number, number] {
  const [height, width, channels] = shape;
  return shape.length === 3 && height !== undefined && width !== undefined && channels !== undefined
    ? [height, width, channels]
    : refuse('', 'to follow images [height, width, channels]', `[${shape.join(', ')}]`);
}

/** The heights and widths at which a window lies. @throws invalid-input naming the layer, where it fits nowhere */
export function windowsOver(
  [height, width]: readonly [number, number, number],
  { size, strides, padding, dilation = [1, 1] }: Window,
  refuse: Refuse,
): Pair {
  const along = (extent: number, axis: 0 | 1): number => {
    if (padding === 'same') return Math.ceil(extent / strides[axis]);
    const spread = (size[axis] - 1) * dilation[axis] + 1;
    return Math.max(0, Math.floor((extent - spread) / strides[axis]) + 1);
  };
  const [rows, columns] = [along(height, 0), along(width, 1)];
  if (rows === 0 || columns === 0)
    refuse('', `images of at least ${size.join('×')} values, dilated`, `${height}×${width}`);
  return [rows, columns];
}

/**
 * Cross-correlation [n, h, w, in] ⋆ [k, k, in, out] as Keras pads it.
 *
 * TensorFlow.js has no gradient of a dilated convolution: what is dilated here is the kernel, with zeros between its values.
 */
export function convolveKeras(
  values: Tensor4D,
  kernel: Tensor4D,
  { strides, padding, dilation = [1, 1] }: Omit<Window, 'size'>,
): Tensor4D {
  return conv2d(values, dilated(kernel, dilation), [...strides], padding);
}

/** [h, w, …] with d − 1 zeros between neighbours along both axes. */
function dilated(kernel: Tensor4D, [down, right]: Pair): Tensor4D {
  if (down === 1 && right === 1) return kernel;
  const [height, width, inputs, outputs] = kernel.shape;
  const depth = inputs * outputs;
  const rows = reshape(
    pad(reshape(kernel, [height, 1, width * depth]), [
      [0, 0],
      [0, down - 1],
      [0, 0],
    ]),
    [height * down, width, 1, depth],
  );
  const both = pad(rows, [
    [0, 0],
    [0, 0],
    [0, right - 1],
    [0, 0],
  ]);
  const spread: Tensor4D = reshape(both, [height * down, width * right, inputs, outputs]);
  return slice<Rank.R4, Tensor4D>(
    spread,
    [0, 0, 0, 0],
    [(height - 1) * down + 1, (width - 1) * right + 1, inputs, outputs],
  );
}
