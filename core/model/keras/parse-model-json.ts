import { parseJson } from '../../checked-json.js';
import { invalidInput } from '../../errors.js';

/** Topologies and manifests of hundreds of layers take a third of that. */
const MAX_BYTES = 2 ** 20;

/**
 * A `model.json` as data.
 *
 * @param field what errors call it
 * @throws invalid-input
 */
export function parseModelJson(field: string, text: string): unknown {
  const size = Buffer.byteLength(text);
  if (size === 0 || size > MAX_BYTES)
    throw invalidInput(field, `the model.json of a LayersModel, at most ${MAX_BYTES} bytes`, `${size} bytes`);
  return parseJson(text, field, 'invalid-input');
}
