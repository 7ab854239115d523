import { mul, ones, pad, reshape, slice, transpose, type Tensor4D } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../shape.js';
import { elementwise, oneInput } from '../keras-layer.js';
import type { Borders } from '../keras-options.js';
import { channelsLast, imageOf } from '../windows.js';

export const flattenLayer = oneInput({
  read: (options) => ({ data_format: channelsLast(options) }),
  plan: (_, input) => ({ outputShape: [sizeOf(input)], weights: {} }),
  apply: (_, values) => reshape(values, [values.shape[0], -1]),
});

/** At most one extent is −1: what is left for it. */
export const reshapeLayer = oneInput({
  read: (options) => ({ target_shape: options.integers('target_shape') }),
  plan: ({ target_shape: target }, input, refuse) => {
    const outputShape = target.map((extent) => (extent === -1 ? sizeOf(input) / -sizeOf(target) : extent));
    const fits = outputShape.every((extent) => Number.isInteger(extent) && extent >= 1);
    if (!fits || sizeOf(outputShape) !== sizeOf(input))
      refuse('target_shape', `as many values as [${input.join(', ')}]`, `[${target.join(', ')}]`);
    return { outputShape, weights: {} };
  },
  apply: ({ target_shape: target }, values) => {
    const left = sizeOf(values.shape.slice(1)) / -sizeOf(target);
    return reshape(values, [values.shape[0], ...target.map((extent) => (extent === -1 ? left : extent))]);
  },
});

/** Axes in another order, counted from 1: 0 is the batch. */
export const permuteLayer = oneInput({
  read: (options) => ({ dims: options.integers('dims') }),
  plan: ({ dims }, input, refuse) => {
    if ([...dims].sort((a, b) => a - b).join() !== input.map((_, index) => index + 1).join())
      refuse('dims', `the axes from 1 to ${input.length}`, JSON.stringify(dims));
    return { outputShape: dims.map((axis) => input[axis - 1] ?? 1), weights: {} };
  },
  apply: ({ dims }, values) => transpose(values, [0, ...dims]),
});

export const zeroPadding2dLayer = oneInput({
  read: (options) => ({ padding: options.borders('padding', 1), data_format: channelsLast(options) }),
  plan: ({ padding }, input, refuse) => ({ outputShape: grown(imageOf(input, refuse), padding, 1), weights: {} }),
  apply: ({ padding: [rows, columns] }, values) => pad(values, [[0, 0], [...rows], [...columns], [0, 0]]),
});

export const cropping2dLayer = oneInput({
  read: (options) => ({ cropping: options.borders('cropping', 0), data_format: channelsLast(options) }),
  plan: ({ cropping }, input, refuse) => {
    const image = imageOf(input, refuse);
    const outputShape = grown(image, cropping, -1);
    if (outputShape.some((extent) => extent < 1))
      refuse('cropping', `less than ${image.join('×')}`, JSON.stringify(cropping));
    return { outputShape, weights: {} };
  },
  apply: ({ cropping }, values) => {
    const [n = 0, height = 0, width = 0, channels = 0] = values.shape;
    const size = [n, ...grown([height, width, channels], cropping, -1)];
    return slice(values, [0, cropping[0][0], cropping[1][0], 0], size);
  },
});

function grown(
  [height, width, channels]: readonly [number, number, number],
  [[top, bottom], [left, right]]: Borders,
  sign: 1 | -1,
): readonly number[] {
  return [height + sign * (top + bottom), width + sign * (left + right), channels];
}

/** Each value size[0] × size[1] times. */
export const upSampling2dLayer = oneInput({
  read: (options) => ({
    size: options.pair('size', [2, 2]),
    data_format: channelsLast(options),
    interpolation: options.choice('interpolation', ['nearest'], 'nearest'),
  }),
  plan: ({ size }, input, refuse) => {
    const [height, width, channels] = imageOf(input, refuse);
    return { outputShape: [height * size[0], width * size[1], channels], weights: {} };
  },
  apply: ({ size: [down, right] }, values) => {
    const [n, height, width, channels] = (values as Tensor4D).shape;
    // By products with ones: their gradient is a sum, where that of a tiling takes a slice for each tile.
    const rows = mul(reshape(values, [n, height, 1, width * channels]), ones([1, 1, down, 1]));
    const columns = mul(reshape(rows, [n, height * down * width, 1, channels]), ones([1, 1, right, 1]));
    return reshape(columns, [n, height * down, width * right, channels]);
  },
});

/** What Keras does in its own training alone. Here it does nothing then either: an attack and a step must see the same function. */
const passed = (share: string) =>
  elementwise(
    (options) => {
      options.unused('noise_shape');
      return { [share]: options.real(share, 0) };
    },
    (_, values) => values,
  );
export const dropoutLayer = passed('rate');
export const gaussianNoiseLayer = passed('stddev');
