import type { Architecture } from './architecture.js';

/** Filters of the two convolutions and units of the hidden layer. */
export interface LenetSizes {
  readonly conv1: number;
  readonly conv2: number;
  readonly hidden: number;
}

/** The sizes of the paper's MNIST model (Madry et al.'s LeNet5). */
export const LENET5: LenetSizes = { conv1: 32, conv2: 64, hidden: 1024 };

/** Two 5×5 same convolutions with 2×2 max pooling, one hidden layer, ReLU (paper, settings for MNIST). */
export function lenet(
  sizes: LenetSizes,
  inputShape: Architecture['inputShape'] = [28, 28, 1],
  classes = 10,
): Architecture {
  const conv = (name: string, filters: number) =>
    ({ kind: 'conv2d', name, filters, kernelSize: 5, stride: 1, bias: true }) as const;
  return {
    family: 'lenet',
    inputShape,
    classes,
    layers: [
      conv('conv1', sizes.conv1),
      { kind: 'relu' },
      { kind: 'maxPool', size: 2 },
      conv('conv2', sizes.conv2),
      { kind: 'relu' },
      { kind: 'maxPool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense1', units: sizes.hidden },
      { kind: 'relu' },
      { kind: 'dense', name: 'dense2', units: classes },
    ],
  };
}
