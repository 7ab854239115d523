import { minimum, relu, softmax, type Tensor } from '@tensorflow/tfjs-core';
import { activate, leaky } from '../activations.js';
import { initialOf } from '../initializers.js';
import { elementwise, oneInput, parameter } from '../keras-layer.js';

export const activationLayer = elementwise(
  (options) => ({ activation: options.activation('activation') }),
  ({ activation }, values) => activate(activation, values),
);

/** max(x, 0), at most max_value. TensorFlow.js knows neither a slope nor a threshold. */
export const reluLayer = elementwise(
  (options) => {
    options.only('negative_slope', 0);
    options.only('threshold', 0);
    const most = options.real('max_value', Infinity);
    return most === Infinity ? {} : { max_value: most };
  },
  ({ max_value: most }, values) => (most === undefined ? relu(values) : minimum(relu(values), most)),
);

export const leakyReluLayer = elementwise(
  (options) => ({ alpha: options.real('alpha', 0.3) }),
  ({ alpha }, values) => leaky(values, alpha),
);

/** TensorFlow.js computes it with α = 1, whatever the file says. */
export const eluLayer = elementwise(
  (options) => {
    options.only('alpha', 1);
    return { alpha: 1 };
  },
  (_, values) => activate('elu', values),
);

/** Softmax inside of a network, along the last axis. */
export const softmaxLayer = oneInput({
  read: (options) => ({ axis: options.axis('axis') }),
  plan: ({ axis }, input, refuse) => {
    if (axis !== -1 && axis !== input.length) refuse('axis', `the last axis, -1 or ${input.length}`, `${axis}`);
    return { outputShape: input, weights: {} };
  },
  apply: (_, values) => softmax(values),
});

/** Leaky ReLU whose slopes are learned, one for each value or shared along axes (counted from 1: 0 is the batch). */
export const preluLayer = oneInput({
  read: (options) => ({
    alpha_initializer: options.initializer('alpha_initializer', 'zeros'),
    shared_axes: options.integers('shared_axes', []),
  }),
  plan: ({ alpha_initializer, shared_axes }, input, refuse) => {
    const wrong = shared_axes.find((axis) => axis < 1 || axis > input.length);
    if (wrong !== undefined) refuse('shared_axes', `axes from 1 to ${input.length}`, `${wrong}`);
    const shape = input.map((extent, index) => (shared_axes.includes(index + 1) ? 1 : extent));
    return { outputShape: input, weights: { alpha: parameter(shape, initialOf(alpha_initializer, shape)) } };
  },
  apply: (_, values: Tensor, context) => leaky(values, context.weight('alpha')),
});
