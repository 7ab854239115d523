import { add, concat, maximum, minimum, mul, type Tensor } from '@tensorflow/tfjs-core';
import type { KerasLayer, Refuse, Shape } from '../keras-layer.js';

type Combine = (sum: Tensor, next: Tensor) => Tensor;

/** Values of several layers, one by one; where one has the extent 1, that value for all. */
const merging = (combine: Combine, share: (count: number) => number = () => 1): KerasLayer<object> => ({
  follows: 'several',
  read: () => ({}),
  plan: (_, inputs, refuse) => ({
    outputShape: inputs.reduce((one, other) => broadcast(one, other, refuse)),
    weights: {},
  }),
  apply: (_, inputs) => {
    const merged = inputs.reduce((sum, next) => combine(sum, next));
    const factor = share(inputs.length);
    return factor === 1 ? merged : mul(merged, factor);
  },
});

function broadcast(one: Shape, other: Shape, refuse: Refuse): Shape {
  const fits =
    one.length === other.length && one.every((extent, i) => extent === other[i] || extent === 1 || other[i] === 1);
  if (!fits) refuse('', 'to follow equal shapes', `[${one.join(', ')}] and [${other.join(', ')}]`);
  return one.map((extent, index) => Math.max(extent, other[index] ?? 1));
}

export const addLayer = merging((a, b) => add(a, b));
export const multiplyLayer = merging((a, b) => mul(a, b));
export const averageLayer = merging(
  (a, b) => add(a, b),
  (count) => 1 / count,
);
export const maximumLayer = merging((a, b) => maximum(a, b));
export const minimumLayer = merging((a, b) => minimum(a, b));

/** One behind the other along an axis, counted from 1: 0 is the batch. */
export const concatenateLayer: KerasLayer<{ readonly axis: number }> = {
  follows: 'several',
  read: (options) => ({ axis: options.axis('axis') }),
  plan: ({ axis }, inputs, refuse) => {
    const [first = []] = inputs;
    const along = axis < 0 ? axis + first.length : axis - 1;
    if (along < 0 || along >= first.length) refuse('axis', `an axis from 1 to ${first.length}`, `${axis}`);
    const others = inputs.find(
      (shape) => shape.length !== first.length || shape.some((extent, i) => i !== along && extent !== first[i]),
    );
    if (others !== undefined)
      refuse('', 'to follow shapes equal but for the axis', `[${first.join(', ')}] and [${others.join(', ')}]`);
    const total = inputs.reduce((sum, shape) => sum + (shape[along] ?? 0), 0);
    return { outputShape: first.map((extent, i) => (i === along ? total : extent)), weights: {} };
  },
  apply: ({ axis }, inputs) => concat([...inputs], axis < 0 ? axis + (inputs[0]?.shape.length ?? 0) : axis),
};
