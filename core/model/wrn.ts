import { invalidInput } from '../errors.js';
import type { Architecture, Layer } from './architecture.js';

const GROUPS = 3;
const STEM_FILTERS = 16;

/**
 * WRN-depth-width (Zagoruyko and Komodakis 2016; paper, settings for CIFAR-10): per-image standardisation, a 3×3 convolution, three groups of
 * (depth − 4) / 6 pre-activation blocks of 16, 32 and 64 · width channels, each group after the first halving the image, batch normalisation,
 * global average, dense.
 *
 * @throws invalid-input unless depth is 6n + 4
 */
export function wrn(
  depth: number,
  width: number,
  inputShape: Architecture['inputShape'] = [32, 32, 3],
  classes = 10,
): Architecture {
  const blocksPerGroup = (depth - 4) / 6;
  if (!Number.isInteger(blocksPerGroup) || blocksPerGroup < 1) {
    throw invalidInput('architecture: depth', '6n + 4, n ≥ 1', `${depth}`);
  }
  if (!Number.isInteger(width) || width < 1) throw invalidInput('architecture: width', 'an integer ≥ 1', `${width}`);
  const blocks = Array.from({ length: GROUPS * blocksPerGroup }, (_, index): Layer => {
    const group = Math.floor(index / blocksPerGroup);
    return {
      kind: 'preactivationBlock',
      name: `blocks.${index}`,
      filters: STEM_FILTERS * 2 ** group * width,
      stride: group > 0 && index % blocksPerGroup === 0 ? 2 : 1,
    };
  });
  return {
    family: 'wrn',
    inputShape,
    classes,
    layers: [
      { kind: 'standardise' },
      { kind: 'conv2d', name: 'stem', filters: STEM_FILTERS, kernelSize: 3, stride: 1, bias: false },
      ...blocks,
      { kind: 'batchNorm', name: 'bn' },
      { kind: 'relu' },
      { kind: 'globalAverage' },
      { kind: 'dense', name: 'dense', units: classes },
    ],
  };
}
