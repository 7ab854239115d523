import type { ImportedModel } from '../import-weights.js';
import { parseModelJson } from './parse-model-json.js';
import { readTopology } from './read-topology.js';
import { readKerasWeights } from './read-weights.js';

/**
 * A model that TensorFlow.js saved, or that tensorflowjs_converter made of one of Keras.
 *
 * @param modelJson its `model.json`
 * @param weights the files that its weightsManifest names, one behind the other
 * @throws invalid-input naming the layer, the weight or the file
 */
export function importLayersModel(modelJson: string, weights: Uint8Array): ImportedModel {
  const model = parseModelJson('layers_model_json', modelJson);
  const architecture = readTopology(model);
  return { architecture, weights: readKerasWeights(model, architecture, weights) };
}
