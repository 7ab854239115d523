import { div, maximum, sqrt, square, sub } from '@tensorflow/tfjs-core';
import type { LayerOf } from '../architecture.js';
import type { LayerKind } from './layer-kind.js';
import { imageShape } from './shapes.js';
import { stagedMean } from './staged-mean.js';

/** Beside any variance that is above the floor this vanishes; it keeps an image of one colour finite. */
const NEGLIGIBLE = 1e-12;
/** Beside this any variance of an image that is below the floor vanishes. */
const OVERWHELMING = 1e6;

/** (x − μ) / max(σ, 1/√V): μ and σ are the mean and the population deviation of the image's V values. */
export const standardiseKind: LayerKind<LayerOf<'standardise'>> = {
  fields: {},
  plan: (_, inputShape) => ({ outputShape: imageShape(inputShape, 'standardise'), weights: {} }),
  apply: (_, values) => {
    const [, height = 1, width = 1, channels = 1] = values.shape;
    const centred = sub(values, stagedMean(values, [3, 2, 1]));
    const variance = stagedMean(square(centred), [3, 2, 1]);
    // The floor goes inside the root, whose slope at 0 is infinite: an image of one colour would get NaN gradients.
    return div(centred, sqrt(maximum(variance, 1 / (height * width * channels))));
  },
  /**
   * Stock Keras layers know no floor. Layer normalisation without weights gives y = (x − μ) / σ, and with an overwhelming ε instead of a
   * negligible one c = (x − μ) / √ε. Since E[y c] √ε = σ, (x − μ) / max(σ, 1/√V) = y · min(E[y c] √(ε V), 1): the mean over pixels by pooling,
   * over channels and times √(ε V) by a constant 1×1 convolution.
   */
  addTo: (graph, _, input, inputShape) => {
    const [height, width, channels] = imageShape(inputShape, 'standardise');
    const format = { data_format: 'channels_last' };
    const normalised = (epsilon: number) => {
      const config = { axis: [1, 2, 3], epsilon, center: false, scale: false };
      return graph.add('LayerNormalization', undefined, config, [input]);
    };
    const normal = normalised(NEGLIGIBLE);
    const products = graph.add('Multiply', undefined, {}, [normal, normalised(OVERWHELMING)]);
    const averages = graph.add(
      'AveragePooling2D',
      undefined,
      { pool_size: [height, width], strides: [height, width], padding: 'valid', ...format },
      [products],
    );
    const kernelShape = [1, 1, channels, 1];
    const value = Math.sqrt(OVERWHELMING * height * width * channels) / channels;
    const data = new Float32Array(channels).fill(value);
    const deviations = graph.add(
      'Conv2D',
      'standardise',
      {
        filters: 1,
        kernel_size: [1, 1],
        strides: [1, 1],
        padding: 'valid',
        ...format,
        dilation_rate: [1, 1],
        activation: 'linear',
        use_bias: false,
        trainable: false,
      },
      [averages],
      { kernel: { constant: { shape: kernelShape, data } } },
    );
    const factors = graph.add('ReLU', undefined, { max_value: 1 }, [deviations]);
    return graph.add('Multiply', undefined, {}, [normal, factors]);
  },
};
