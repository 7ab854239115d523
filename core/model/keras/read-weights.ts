import { invalidInput } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { Architecture } from '../architecture.js';
import type { HostTensor, HostTensors } from '../host-tensors.js';
import { weightSpecs } from '../model.js';
import { weightsFor } from '../weights.js';
import { shorten } from './keras-options.js';

/** A weight as a `weightsManifest` states it. */
interface StatedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  /** Saved beside the network's own, by a model that was saved with its optimizer. */
  readonly isOptimizers: boolean;
}

/** Weights one behind the other, in files one behind the other. */
interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly StatedWeight[];
}

/** Bytes of a value; of the network's own weights float32 alone is read. */
const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

/**
 * The files beside a `model.json` that hold its weights, in their order.
 *
 * @throws invalid-input unless each is the name of a file in the same directory
 */
export function weightFiles(model: unknown): readonly string[] {
  return groupsOf(model).flatMap(({ paths }) => paths);
}

/**
 * The weights of a LayersModel by the names that they have here: `dense_1.kernel` for `dense_1/kernel` and for `dense_1/anything/kernel`.
 *
 * @param bytes the files of {@link weightFiles}, one behind the other
 * @throws invalid-input naming the weight or the file: float32 values alone are read, without quantization
 */
export function readKerasWeights(model: unknown, architecture: Architecture, bytes: Uint8Array): HostTensors {
  const names = new Set(Object.keys(weightSpecs(architecture)));
  const weights: Record<string, HostTensor> = {};
  const groups = groupsOf(model);
  const stated = groups.flatMap((group) => group.weights);
  const expected = stated.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes.byteLength !== expected) {
    const files = groups.flatMap(({ paths }) => paths).join(', ');
    throw invalidInput(`weights: ${files}`, `${expected} bytes`, `${bytes.byteLength}`);
  }
  let offset = 0;
  for (const { name, shape, sizeBytes, isOptimizers } of stated) {
    const [begin, end] = [offset, offset + sizeBytes];
    offset = end;
    if (isOptimizers) continue;
    // A copy, because a view of float32 must begin at a multiple of four.
    const data = new Float32Array(new Uint8Array(bytes.subarray(begin, end)).buffer);
    const own = ownName(name, names);
    if (own in weights) throw invalidInput(`model.json: weightsManifest: ${name}`, 'each weight once', 'it twice');
    weights[own] = { shape, data };
  }
  return weightsFor(architecture, weights);
}

/** By layer and weight, what lies between left out, and what lies before where that alone names a weight. @throws invalid-input if the network has none of that name */
function ownName(stated: string, names: ReadonlySet<string>): string {
  const parts = stated.replace(/:0$/, '').split('/');
  const weight = parts.at(-1) ?? '';
  // The longest name first: a layer `block/conv` is called `block.conv` here.
  const last = parts.length - 1;
  for (let length = last; length > 0; length--) {
    for (let begin = 0; begin + length <= last; begin++) {
      const own = `${parts.slice(begin, begin + length).join('.')}.${weight}`;
      if (names.has(own)) return own;
    }
  }
  throw invalidInput(
    `model.json: weightsManifest: ${stated}`,
    'a weight of a layer of the network',
    'none of that name',
  );
}

function groupsOf(model: unknown): readonly WeightGroup[] {
  const manifest: unknown =
    typeof model === 'object' && model !== null && 'weightsManifest' in model ? model.weightsManifest : undefined;
  if (!Array.isArray(manifest))
    throw invalidInput('model.json: weightsManifest', 'a list of files and their weights', shorten(manifest));
  const groups = manifest.map((group: unknown, index) => readGroup(`model.json: weightsManifest[${index}]`, group));
  const paths = groups.flatMap((group) => group.paths);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw invalidInput('model.json: weightsManifest: paths', 'each file once', shorten(twice));
  return groups;
}

function readGroup(at: string, group: unknown): WeightGroup {
  const { paths, weights } = (typeof group === 'object' ? (group ?? {}) : {}) as Record<string, unknown>;
  if (!Array.isArray(paths) || !Array.isArray(weights)) throw invalidInput(at, 'paths and weights', shorten(group));
  return {
    paths: paths.map((path) => fileName(`${at}: paths`, path)),
    weights: weights.map((each) => readStated(at, each)),
  };
}

/** No path: nothing beside the file's own directory is ever read. */
function fileName(at: string, path: unknown): string {
  if (typeof path !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_. -]{0,199}$/.test(path))
    throw invalidInput(at, 'names of files beside model.json', shorten(path));
  return path;
}

function readStated(at: string, weight: unknown): StatedWeight {
  const { name, shape, dtype, quantization, group } = (typeof weight === 'object' ? (weight ?? {}) : {}) as Record<
    string,
    unknown
  >;
  if (typeof name !== 'string') throw invalidInput(`${at}: weights`, 'a name for each', shorten(weight));
  const isOptimizers = group === 'optimizer';
  const valueBytes = isOptimizers || dtype === 'float32' ? BYTES[String(dtype)] : undefined;
  if (valueBytes === undefined || (quantization !== undefined && quantization !== null))
    throw invalidInput(`${at}: ${name}`, 'float32, not quantized', shorten({ dtype, quantization }));
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && (extent as number) >= 1))
    throw invalidInput(`${at}: ${name}: shape`, 'extents from 1 on', shorten(shape));
  const extents = shape as number[];
  return { name, shape: extents, sizeBytes: valueBytes * sizeOf(extents), isOptimizers };
}
