import { invalidInput } from '../errors.js';
import type { Architecture } from './architecture.js';
import { refuseForeignFormat } from './foreign-formats.js';
import type { HostTensors } from './host-tensors.js';
import { inferArchitecture, type WeightShapesGiven } from './infer-architecture.js';
import { parseArchitecture } from './parse-architecture.js';
import { readSafetensors } from './safetensors.js';
import { weightsFor } from './weights.js';

/** A model that was trained elsewhere. */
export interface ImportedModel {
  readonly architecture: Architecture;
  readonly weights: HostTensors;
}

export interface ImportOptions {
  /** Height, width and channels of an input, where the weights do not say: see infer-architecture.ts. */
  readonly inputShape?: Architecture['inputShape'] | undefined;
}

const PREFIX = 'weights/';

/**
 * A model from a safetensors file: float32 tensors (float16 and bfloat16 are converted) named like the architecture's weights, all with the prefix `weights/` or all without; images
 * [n, h, w, c], convolution kernels [h, w, in, out], dense kernels [in, out] over flattened [h, w, c]. Other tensors are ignored.
 *
 * @throws invalid-input naming the tensor, what was expected and what came; so for NaN and infinities
 */
export function importSafetensors(family: string, file: Uint8Array, options: ImportOptions = {}): ImportedModel {
  refuseForeignFormat(file, 'weights');
  const { tensors, otherTypes } = readSafetensors(file, 'weights');
  const prefixed = Object.keys({ ...tensors, ...otherTypes }).some((name) => name.startsWith(PREFIX));
  const given = prefixed ? withoutPrefix(tensors) : tensors;
  const others = prefixed ? withoutPrefix(otherTypes) : otherTypes;
  const shapes: WeightShapesGiven = {
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
  const architecture = parseArchitecture(inferArchitecture(family, shapes, options.inputShape));
  if (architecture.classes < 2)
    throw invalidInput('weights', 'a network of two or more outputs, one a class', String(architecture.classes));
  return { architecture, weights: weightsFor(architecture, given) };
}

function withoutPrefix<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}
