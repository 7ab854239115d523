import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArchitectureSpec } from '../client/training-spec.js';
import { CommandFailure } from './report-failure.js';
import type { ImportOptions } from '../client/registry-client.js';

/** The weights of a model that is imported, at most. */
const MAX_WEIGHTS_BYTES = 2 ** 30;

/** A network by the name of its family, or by the path of a LayersModel's `model.json`, of which the topology alone is sent. */
export function architectureSpec(given: string | undefined, sizes: readonly number[] | undefined): ArchitectureSpec {
  if (given?.endsWith('.json') !== true) return { name: given, sizes };
  return { sizes, layersModelJson: topologyOf(readFileSync(given, 'utf8')) };
}

/** What is to be imported: a safetensors file; or a LayersModel's `model.json`, or the directory that it is in, and the files of weights beside it. */
export async function importedFiles(
  architecture: string,
  path: string,
): Promise<Pick<ImportOptions, 'weights' | 'layersModelJson'>> {
  if (architecture !== 'layers-model') return { weights: await readFile(path) };
  const file = statSync(path).isDirectory() ? join(path, 'model.json') : path;
  const layersModelJson = await readFile(file, 'utf8');
  const { parseModelJson } = await import('../../core/model/keras/parse-model-json.js');
  const { weightFiles } = await import('../../core/model/keras/read-weights.js');
  const names = weightFiles(parseModelJson(file, layersModelJson));
  const paths = names.map((name) => join(dirname(file), name));
  const total = paths.reduce((sum, each) => sum + statSync(each).size, 0);
  if (total > MAX_WEIGHTS_BYTES)
    throw new CommandFailure(`${file}: weights: expected at most ${MAX_WEIGHTS_BYTES} bytes, got ${total}`);
  return { layersModelJson, weights: Buffer.concat(await Promise.all(paths.map((each) => readFile(each)))) };
}

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
