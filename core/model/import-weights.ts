import { invalidInput } from '../errors.js';
import type { Architecture } from './architecture.js';
import type { HostTensors } from './host-tensors.js';
import { lenet } from './lenet.js';
import { readSafetensors } from './safetensors.js';
import { weightsFor } from './weights.js';
import { wrn } from './wrn.js';

/** A model that was trained elsewhere. */
export interface ImportedModel {
  readonly architecture: Architecture;
  readonly weights: HostTensors;
}

export interface ImportOptions {
  /** Height, width and channels of an input, where the weights do not say: see each family. */
  readonly inputShape?: Architecture['inputShape'] | undefined;
}

/** The architecture whose weights have these shapes. */
type Infer = (shapes: Shapes, options: ImportOptions) => Architecture;

interface Shapes {
  /** The shape of a weight. @throws invalid-input unless it is there, float32, and has as many extents as `layout` names */
  of(name: string, ...layout: readonly string[]): readonly number[];
  readonly names: readonly string[];
}

const PREFIX = 'weights/';

/**
 * LeNet: everything is read off the shapes. Four different heights leave the same dense layer behind two poolings; unless `inputShape` says
 * otherwise, images are square and 4 times as high as what is flattened.
 */
const inferLenet: Infer = (shapes, { inputShape }) => {
  const [, , channels = 0, conv1 = 0] = shapes.of('conv1.kernel', '5', '5', 'channels', 'filters');
  const [, , , conv2 = 0] = shapes.of('conv2.kernel', '5', '5', 'channels', 'filters');
  const [flattened = 0, hidden = 0] = shapes.of('dense1.kernel', 'inputs', 'hidden');
  const [, classes = 0] = shapes.of('dense2.kernel', 'hidden', 'classes');
  const side = Math.sqrt(flattened / conv2);
  if (inputShape === undefined && !(Number.isInteger(side) && side > 0)) {
    throw invalidInput('weights: dense1.kernel', `[side² · ${conv2}, hidden]`, `[${flattened}, ${hidden}]`);
  }
  return lenet({ conv1, conv2, hidden }, inputShape ?? [4 * side, 4 * side, channels], classes);
};

/** Wide ResNet: depth, width, channels and classes are read off the weights. They fit images of any size; unless `inputShape` says otherwise, 32×32. */
const inferWrn: Infer = (shapes, { inputShape }) => {
  const [, , channels = 0] = shapes.of('stem.kernel', '3', '3', 'channels', '16');
  const [, , , filters = 0] = shapes.of('blocks.0.conv1.kernel', '3', '3', '16', 'filters');
  const [, classes = 0] = shapes.of('dense.kernel', 'inputs', 'classes');
  const blocks = new Set(shapes.names.flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  if (blocks % 3 !== 0) throw invalidInput('weights: blocks', 'three groups of equally many', `${blocks}`);
  if (filters % 16 !== 0) throw invalidInput('weights: blocks.0.conv1.kernel', '16 · width filters', `${filters}`);
  return wrn(2 * blocks + 4, filters / 16, inputShape ?? [32, 32, channels], classes);
};

const INFER: Readonly<Record<string, Infer>> = { lenet: inferLenet, wrn: inferWrn };

/** The families of architectures whose weights can be imported. */
const IMPORTABLE_FAMILIES: readonly string[] = Object.keys(INFER);

/**
 * A model from a safetensors file: float32 tensors named like the architecture's weights, all with the prefix `weights/` or all without; images
 * [n, h, w, c], convolution kernels [h, w, in, out], dense kernels [in, out] over flattened [h, w, c]. Other tensors are ignored.
 *
 * @throws invalid-input naming the tensor, what was expected and what came; so for NaN and infinities
 */
export function importSafetensors(family: string, file: Uint8Array, options: ImportOptions = {}): ImportedModel {
  const infer = Object.hasOwn(INFER, family) ? INFER[family] : undefined;
  if (infer === undefined) {
    throw invalidInput('architecture', IMPORTABLE_FAMILIES.join(' or '), JSON.stringify(family));
  }
  const { tensors, otherTypes } = readSafetensors(file, 'weights');
  const prefixed = Object.keys({ ...tensors, ...otherTypes }).some((name) => name.startsWith(PREFIX));
  const given = prefixed ? withoutPrefix(tensors) : tensors;
  const others = prefixed ? withoutPrefix(otherTypes) : otherTypes;
  const shapes: Shapes = {
    names: Object.keys(given),
    of: (name, ...layout) => {
      const tensor = Object.hasOwn(given, name) ? given[name] : undefined;
      const expected = `float32 [${layout.join(', ')}]`;
      if (tensor === undefined) throw invalidInput(`weights: ${name}`, expected, others[name] ?? 'none');
      const fits = tensor.shape.length === layout.length && tensor.shape.every((extent) => extent > 0);
      if (!fits) throw invalidInput(`weights: ${name}`, expected, `[${tensor.shape.join(', ')}]`);
      return tensor.shape;
    },
  };
  const architecture = infer(shapes, options);
  return { architecture, weights: weightsFor(architecture, given) };
}

function withoutPrefix<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}
