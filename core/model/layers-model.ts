import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../checked-json.js';
import { invalidInput } from '../errors.js';
import { sizeOf } from '../shape.js';
import type { Architecture } from './architecture.js';
import type { HostTensor, HostTensors } from './host-tensors.js';
import { openKerasGraph, type KerasModel } from './keras-graph.js';
import { kindOf } from './layers/layer-kinds.js';
import { planLayers } from './model.js';
import { parseArchitecture } from './parse-architecture.js';
import { weightsFor } from './weights.js';

/** The two files of a TensorFlow.js LayersModel, by name. */
export interface LayersModelFiles {
  readonly 'model.json': Uint8Array;
  readonly 'weights.bin': Uint8Array;
}

const FORMAT = 'layers-model';
const WEIGHTS_FILE = 'weights.bin';

/**
 * Writes a TensorFlow.js LayersModel of stock layers, which any TensorFlow.js program loads. The architecture is also kept as user-defined metadata.
 *
 * @throws invalid-input if the weights are not the architecture's
 */
export function writeLayersModel(architecture: Architecture, weights: HostTensors): LayersModelFiles {
  const own = weightsFor(architecture, weights);
  const keras = kerasModel(architecture);
  const arrays = keras.weights.map(({ source }) =>
    'constant' in source ? source.constant.data : own[source.from]?.data,
  );
  const bytes = arrays.map((data = new Float32Array()) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  const model = {
    format: FORMAT,
    generatedBy: 'maxmargin',
    convertedBy: null,
    modelTopology: topology(keras),
    weightsManifest: weightsManifest(keras),
    userDefinedMetadata: { architecture },
  };
  return { 'model.json': Buffer.from(JSON.stringify(model)), [WEIGHTS_FILE]: Buffer.concat(bytes) };
}

/**
 * Reads what {@link writeLayersModel} wrote. The topology and the manifest of the weights must be exactly those of the architecture, so
 * that no other program sees another model in the same file, and no other file is ever asked for.
 *
 * @throws invalid-input for everything else
 */
export function readLayersModel(files: LayersModelFiles): {
  readonly architecture: Architecture;
  readonly weights: HostTensors;
} {
  const model = parseModel(files['model.json']);
  const architecture = readArchitecture(model);
  const keras = kerasModel(architecture);
  checkWeightsManifest(model.weightsManifest, weightsManifest(keras));
  if (!isDeepStrictEqual(model.modelTopology, plainJson(topology(keras)))) {
    throw invalidInput('model.json: modelTopology', 'that of its architecture', 'another');
  }
  return { architecture, weights: weightsFor(architecture, readWeights(keras, files[WEIGHTS_FILE])) };
}

function kerasModel(architecture: Architecture): KerasModel {
  const graph = openKerasGraph(architecture.family, architecture.inputShape);
  const output = planLayers(architecture).reduce(
    (input, { layer, inputShape }) => kindOf(layer).addTo(graph, layer, input, inputShape),
    graph.input,
  );
  return graph.finish(output);
}

function topology(keras: KerasModel): unknown {
  return {
    class_name: 'Model',
    config: keras.config,
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
}

function weightsManifest(keras: KerasModel): unknown {
  const weights = keras.weights.map(({ name, source }) => ({
    name,
    shape: 'constant' in source ? source.constant.shape : source.shape,
    dtype: 'float32',
  }));
  return [{ paths: [WEIGHTS_FILE], weights }];
}

function parseModel(bytes: Uint8Array): Record<string, unknown> {
  const model = parseJson(bytes, 'model.json', 'invalid-input');
  const format = typeof model === 'object' && model !== null && 'format' in model ? model.format : undefined;
  if (format !== FORMAT)
    throw invalidInput('model.json: format', FORMAT, format === undefined ? 'none' : JSON.stringify(format));
  return model as Record<string, unknown>;
}

function readArchitecture({ userDefinedMetadata: metadata }: Record<string, unknown>): Architecture {
  if (typeof metadata !== 'object' || metadata === null || !('architecture' in metadata)) {
    throw invalidInput(
      'model.json: userDefinedMetadata.architecture',
      'an architecture',
      'none: maxmargin did not write it',
    );
  }
  return parseArchitecture(metadata.architecture);
}

function checkWeightsManifest(given: unknown, expected: unknown): void {
  if (isDeepStrictEqual(given, plainJson(expected))) return;
  const paths: unknown = Array.isArray(given) ? given.map((group: { paths?: unknown } | null) => group?.paths) : given;
  if (!isDeepStrictEqual(paths, [[WEIGHTS_FILE]])) {
    throw invalidInput('model.json: weightsManifest: paths', `["${WEIGHTS_FILE}"] alone`, JSON.stringify(paths));
  }
  throw invalidInput('model.json: weightsManifest', 'names, shapes and types of the architecture', 'others');
}

function readWeights(keras: KerasModel, bytes: Uint8Array): HostTensors {
  const sizes = keras.weights.map(({ source }) => {
    const shape = 'constant' in source ? source.constant.shape : source.shape;
    return Float32Array.BYTES_PER_ELEMENT * sizeOf(shape);
  });
  const expected = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes.byteLength !== expected) {
    throw invalidInput(WEIGHTS_FILE, `${expected} bytes`, `${bytes.byteLength}`);
  }
  const weights: Record<string, HostTensor> = {};
  let offset = 0;
  keras.weights.forEach(({ name, source }, index) => {
    const end = offset + (sizes[index] ?? 0);
    // A copy, because a view of float32 must begin at a multiple of four.
    const data = new Float32Array(new Uint8Array(bytes.subarray(offset, end)).buffer);
    offset = end;
    if ('from' in source) {
      const other = weights[source.from];
      if (other !== undefined && !isDeepStrictEqual(other.data, data))
        throw invalidInput(`${WEIGHTS_FILE}: ${name}`, 'the values of the layer that shares them', 'others');
      weights[source.from] = { shape: source.shape, data };
    } else if (!isDeepStrictEqual(data, source.constant.data)) {
      throw invalidInput(`${WEIGHTS_FILE}: ${name}`, 'the constant of the architecture', 'other values');
    }
  });
  return weights;
}

/** What a value is after it has been written as JSON and read. */
function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
