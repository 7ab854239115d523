import { invalidInput } from '../errors.js';
import type { Architecture } from './architecture.js';
import { cnn } from './cnn.js';
import { FAMILY_NAMES, type FamilyName } from './families.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';
import { wrn } from './wrn.js';

/** The shapes of given weights. */
export interface WeightShapesGiven {
  /** The shape of a weight. @throws invalid-input unless it is there, float32, and has as many extents as `layout` names */
  of(name: string, ...layout: readonly string[]): readonly number[];
  readonly names: readonly string[];
}

type InputShape = Architecture['inputShape'];

/** The architecture whose weights have these shapes. */
type Infer = (shapes: WeightShapesGiven, inputShape: InputShape | undefined) => Architecture;

/** Four different heights leave the same dense layer behind two poolings; unless `inputShape` says otherwise, images are square and 4 times as high as what is flattened. */
const inferLenet: Infer = (shapes, inputShape) => {
  const [, , channels = 0, conv1 = 0] = shapes.of('conv1.kernel', '5', '5', 'channels', 'filters');
  const [, , , conv2 = 0] = shapes.of('conv2.kernel', '5', '5', 'channels', 'filters');
  const [flattened = 0, hidden = 0] = shapes.of('dense1.kernel', 'inputs', 'hidden');
  const [, classes = 0] = shapes.of('dense2.kernel', 'hidden', 'classes');
  const shape = inputShape ?? squareImages(flattened, hidden, conv2, 4, channels);
  return lenet({ conv1, conv2, hidden }, shape, classes);
};

/** Depth, width, channels and classes are read off the weights. They fit images of any size; unless `inputShape` says otherwise, 32×32. */
const inferWrn: Infer = (shapes, inputShape) => {
  const [, , channels = 0] = shapes.of('stem.kernel', '3', '3', 'channels', '16');
  const [, , , filters = 0] = shapes.of('blocks.0.conv1.kernel', '3', '3', '16', 'filters');
  const [, classes = 0] = shapes.of('dense.kernel', 'inputs', 'classes');
  const blocks = new Set(shapes.names.flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  if (blocks % 3 !== 0) throw invalidInput('weights: blocks', 'three groups of equally many', `${blocks}`);
  if (filters % 16 !== 0) throw invalidInput('weights: blocks.0.conv1.kernel', '16 · width filters', `${filters}`);
  return wrn(2 * blocks + 4, filters / 16, inputShape ?? [32, 32, channels], classes);
};

/** As many hidden layers as there are dense ones but the last. Unless `inputShape` says otherwise, images are square, of one channel or else of three. */
const inferMlp: Infer = (shapes, inputShape) => {
  const count = Math.max(2, consecutive(shapes, 'dense'));
  const kernels = Array.from({ length: count }, (_, i) => shapes.of(`dense${i + 1}.kernel`, 'inputs', 'units'));
  const units = kernels.map(([, size = 0]) => size);
  const [[inputs = 0, hidden = 0] = []] = kernels;
  return mlp(units.slice(0, -1), inputShape ?? imagesOf(inputs, hidden), units.at(-1) ?? 0);
};

/** Each convolution halves the image, rounding up; unless `inputShape` says otherwise, images are square and no halving rounded. */
const inferCnn: Infer = (shapes, inputShape) => {
  const count = Math.max(1, consecutive(shapes, 'conv'));
  const kernels = Array.from({ length: count }, (_, i) =>
    shapes.of(`conv${i + 1}.kernel`, '3', '3', 'channels', 'filters'),
  );
  const filters = kernels.map(([, , , size = 0]) => size);
  const [flattened = 0, hidden = 0] = shapes.of('dense1.kernel', 'inputs', 'hidden');
  const [, classes = 0] = shapes.of('dense2.kernel', 'hidden', 'classes');
  const channels = kernels[0]?.[2] ?? 0;
  const shape = inputShape ?? squareImages(flattened, hidden, filters.at(-1) ?? 0, 2 ** count, channels);
  return cnn({ filters, hidden }, shape, classes);
};

const INFER: Readonly<Record<FamilyName, Infer>> = { lenet: inferLenet, wrn: inferWrn, mlp: inferMlp, cnn: inferCnn };

/** The architecture of a family whose weights have these shapes. @throws invalid-input naming the family or the weight */
export function inferArchitecture(
  family: string,
  shapes: WeightShapesGiven,
  inputShape: InputShape | undefined,
): Architecture {
  const name = FAMILY_NAMES.find((each) => each === family);
  if (name === undefined)
    throw invalidInput('architecture', `one of ${FAMILY_NAMES.join(', ')}`, JSON.stringify(family));
  return INFER[name](shapes, inputShape);
}

/** Square images, `times` as high as the ones of so many filters that are flattened before the first dense layer. */
function squareImages(flattened: number, hidden: number, filters: number, times: number, channels: number): InputShape {
  const side = Math.sqrt(flattened / filters);
  if (!(Number.isInteger(side) && side > 0)) {
    const expected = `[side² · ${filters}, hidden], or an input shape`;
    throw invalidInput('weights: dense1.kernel', expected, `[${flattened}, ${hidden}]`);
  }
  return [times * side, times * side, channels];
}

/** Square images of so many values. */
function imagesOf(inputs: number, hidden: number): InputShape {
  for (const channels of [1, 3]) {
    const side = Math.sqrt(inputs / channels);
    if (Number.isInteger(side)) return [side, side, channels];
  }
  throw invalidInput(
    'weights: dense1.kernel',
    '[side² or 3 · side², hidden], or an input shape',
    `[${inputs}, ${hidden}]`,
  );
}

/** How many layers there are that are called this and a number, from 1 on. */
function consecutive({ names }: WeightShapesGiven, layer: string): number {
  const all = new Set(names);
  let count = 0;
  while (all.has(`${layer}${count + 1}.kernel`)) count++;
  return count;
}
