import { encodeModel } from '../engine/onnx/encode-model.js';
import { composeGraph } from '../engine/onnx/export/compose-graph.js';
import { BATCH } from '../engine/onnx/export/free-batch.js';
import { lowerFunction } from '../engine/onnx/export/lower-function.js';
import { classifierOf } from '../model/classifier.js';
import { buildModel } from '../model/model.js';
import {
  inputPlaceholder,
  weightConstants,
  weightNames,
  weightPlaceholders,
  type WeightedModel,
} from './weighted-model.js';

/**
 * A classifier in evaluation mode as an ONNX model: `inputs` [batch, h, w, c] float32 → `logits` [batch, classes] float32, its weights as
 * initializers of their own names.
 *
 * @param metadata what the file says about itself
 */
export function classifierOnnx(
  model: WeightedModel,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { architecture } = model;
  const classify = classifierOf(buildModel(architecture));
  const logits = lowerFunction(
    (batch) => ({ weights: weightPlaceholders(architecture), inputs: inputPlaceholder(architecture, batch) }),
    ({ weights, inputs }) => ({ logits: classify(weights, inputs) }),
  );
  const graph = composeGraph(architecture.family, weightConstants(model));
  const results = graph.call('classifier', logits, weightNames(model));
  return encodeModel({
    metadata,
    graph: graph.finish(
      [{ name: 'inputs', type: 'float32', shape: [BATCH, ...architecture.inputShape] }],
      [[{ name: 'logits', type: 'float32', shape: [BATCH, architecture.classes] }, results['logits'] ?? '']],
    ),
  });
}
