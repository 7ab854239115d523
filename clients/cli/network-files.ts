import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Given } from '../../host/config/settings.js';
import type { ArchitectureSpec } from '../client/training-spec.js';
import { orUnreadable, readGiven } from './given-file.js';
import { CommandFailure } from './report-failure.js';
import type { ImportOptions } from '../client/registry-client.js';

/** The weights of a model that is imported, at most. */
const MAX_WEIGHTS_BYTES = 2 ** 30;

const MODEL_JSON = 'the model.json of a LayersModel';
const WEIGHTS = 'a file of weights that model.json names';

/**
 * A network by the name of its family, or by the path of a LayersModel's `model.json`, of which the topology alone is sent.
 *
 * @param given what is set of a training: `architecture`, `sizes`
 */
export function architectureSpec(given: ReadonlyMap<string, Given>): ArchitectureSpec {
  const sizes = given.get('sizes')?.value as ArchitectureSpec['sizes'];
  const { value: name, source = '' } = given.get('architecture') ?? {};
  if (typeof name !== 'string' || !name.endsWith('.json')) return { name: name as string | undefined, sizes };
  return { sizes, layersModelJson: topologyOf(readGiven(source, MODEL_JSON, name).toString('utf8')) };
}

/** What is to be imported: a safetensors file; or a LayersModel's `model.json`, or the directory that it is in, and the files of weights beside it. */
export async function importedFiles(
  architecture: string,
  path: string,
): Promise<Pick<ImportOptions, 'weights' | 'layersModelJson'>> {
  if (architecture !== 'layers-model') return { weights: readGiven('--weights', 'a safetensors file', path) };
  const file = isDirectory(path) ? join(path, 'model.json') : path;
  const layersModelJson = readGiven('--weights', MODEL_JSON, file).toString('utf8');
  const { parseModelJson } = await import('../../core/model/keras/parse-model-json.js');
  const { weightFiles } = await import('../../core/model/keras/read-weights.js');
  const names = weightFiles(parseModelJson(file, layersModelJson));
  const paths = names.map((name) => join(dirname(file), name));
  const total = paths.reduce((sum, each) => sum + sizeBytes(each), 0);
  if (total > MAX_WEIGHTS_BYTES)
    throw new CommandFailure(`${file}: weights: expected at most ${MAX_WEIGHTS_BYTES} bytes, got ${total}`);
  return { layersModelJson, weights: Buffer.concat(paths.map((each) => readGiven('--weights', WEIGHTS, each))) };
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const sizeBytes = (path: string): number => orUnreadable('--weights', WEIGHTS, path, () => statSync(path).size);

/** The text without what is said of weights, which a training does not use; one that cannot be read is the trainer's to refuse. */
function topologyOf(text: string): string {
  try {
    const model = JSON.parse(text) as Record<string, unknown>;
    if (!('modelTopology' in model)) return text;
    return JSON.stringify({ format: model['format'], modelTopology: model['modelTopology'] });
  } catch {
    return text;
  }
}
