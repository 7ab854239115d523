import type { Architecture, Layer } from './architecture.js';

/** Filters of each convolution, and units of the hidden layer. */
export interface CnnSizes {
  readonly filters: readonly number[];
  readonly hidden: number;
}

/**
 * A small convolutional network without pooling: 3×3 convolutions of stride 2, each halving the image (rounded up), then one hidden layer,
 * ReLU throughout.
 */
export function cnn(
  { filters, hidden }: CnnSizes,
  inputShape: Architecture['inputShape'] = [28, 28, 1],
  classes = 10,
): Architecture {
  const convolutions = filters.flatMap((count, index): Layer[] => [
    { kind: 'conv2d', name: `conv${index + 1}`, filters: count, kernelSize: 3, stride: 2, bias: true },
    { kind: 'relu' },
  ]);
  return {
    family: 'cnn',
    inputShape,
    classes,
    layers: [
      ...convolutions,
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense1', units: hidden },
      { kind: 'relu' },
      { kind: 'dense', name: 'dense2', units: classes },
    ],
  };
}
