import { createHash } from 'node:crypto';
import { invalidInput } from '../errors.js';
import { DEFAULT_MAX_DISTANCE, type Norm } from '../margin/threat-model.js';
import type { Architecture } from '../model/architecture.js';
import { importLayersModel } from '../model/keras/import-layers-model.js';
import { LAYERS_MODEL } from '../model/keras/read-topology.js';
import { importSafetensors, type ImportedModel } from '../model/import-weights.js';
import { makeFirstChampion } from './first-champion.js';
import { checkAliasName } from './names.js';
import type { Publication, Registry } from './registry.js';

/** A class's name must fit into a table. */
const MAX_LABEL_LENGTH = 200;

/** Weights that were trained elsewhere, and what they do not say themselves. */
export interface ImportRequest {
  /** The name to publish under. */
  readonly name: string;
  /** The family, such as `wrn`, its sizes are read off the shapes of the weights; or `layers-model`. */
  readonly architecture: string;
  /** A whole safetensors file; of a LayersModel the files of its weightsManifest, one behind the other. */
  readonly weights: Uint8Array;
  /** What the classes are called; empty: their numbers. */
  readonly labels: readonly string[];
  /** What margins are measured in unless a request says otherwise; undefined: linf. */
  readonly norm: Norm | undefined;
  /** d_max; 0: the norm's default. */
  readonly maxDistance: number;
  /** An alias for the new version; empty: champion if the model has none yet. */
  readonly alias: string;
  /** Height, width and channels of an input; empty: what the weights leave open is guessed. */
  readonly inputShape: readonly number[];
  /** The `model.json` of a LayersModel of TensorFlow.js; none for every other architecture. */
  readonly layersModelJson?: string | undefined;
}

/**
 * Publishes weights that were trained elsewhere, with every default filled in, and points an alias to them.
 *
 * @returns the version
 * @throws invalid-input, before anything is published
 */
export async function importVersion(registry: Registry, request: ImportRequest): Promise<number> {
  const { name, alias } = request;
  if (alias !== '') checkAliasName(alias);
  const version = await registry.publish(name, publicationOf(request));
  if (alias === '') await makeFirstChampion(registry, name, version);
  else await registry.setAlias(name, alias, version);
  return version;
}

function publicationOf(request: ImportRequest): Publication {
  const { architecture, weights } = importModel(request);
  const { norm = 'linf', maxDistance } = request;
  if (!(maxDistance >= 0 && Number.isFinite(maxDistance))) {
    throw invalidInput('max_distance', 'a number above 0, or 0 for the default', String(maxDistance));
  }
  const sha256 = createHash('sha256')
    .update(request.layersModelJson ?? '')
    .update(request.weights)
    .digest('hex');
  return {
    architecture,
    weights,
    manifest: {
      bounds: { lower: 0, upper: 1 },
      labels: labelsOf(request.labels, architecture.classes),
      threatModel: { norm, maxDistance: maxDistance === 0 ? DEFAULT_MAX_DISTANCE[norm] : maxDistance },
      origin: { kind: 'imported', format: architecture.family === LAYERS_MODEL ? LAYERS_MODEL : 'safetensors', sha256 },
    },
  };
}

function importModel({
  architecture: family,
  weights,
  layersModelJson = '',
  inputShape,
}: ImportRequest): ImportedModel {
  const shape = inputShapeOf(inputShape);
  if (family === LAYERS_MODEL) {
    if (shape !== undefined) throw invalidInput('input_shape', 'none: model.json says it', `[${shape.join(', ')}]`);
    return importLayersModel(layersModelJson, weights);
  }
  if (layersModelJson !== '')
    throw invalidInput('architecture', `${LAYERS_MODEL} beside layers_model_json`, JSON.stringify(family));
  return importSafetensors(family, weights, { inputShape: shape });
}

function inputShapeOf(extents: readonly number[]): Architecture['inputShape'] | undefined {
  if (extents.length === 0) return undefined;
  const [height = 0, width = 0, channels = 0, ...more] = extents;
  const shape = [height, width, channels] as const;
  if (more.length > 0 || shape.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw invalidInput('input_shape', 'none, or height, width and channels', `[${extents.slice(0, 10).join(', ')}]`);
  }
  return shape;
}

function labelsOf(labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === 0) return Array.from({ length: classes }, (_, index) => `${index}`);
  if (labels.length !== classes)
    throw invalidInput('labels', `none, or one for each of ${classes} classes`, `${labels.length}`);
  const long = labels.findIndex((label) => label.length > MAX_LABEL_LENGTH);
  if (long >= 0)
    throw invalidInput(`labels[${long}]`, `at most ${MAX_LABEL_LENGTH} characters`, `${labels[long]?.length ?? 0}`);
  return labels;
}
