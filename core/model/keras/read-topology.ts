import { invalidInput } from '../../errors.js';
import type { Architecture, KerasNode } from '../architecture.js';
import { layersModelKind } from '../layers/layers-model.js';
import { PROBABILITIES } from './activations.js';
import { INPUT } from './node-input.js';
import type { StatedNode } from './file-layers.js';
import { record } from './json-fields.js';
import { shorten } from './keras-options.js';
import { readModel } from './read-model.js';
import { layerNamed, readNodes } from './read-nodes.js';

/** The family of architectures that a file of TensorFlow.js stated. */
export const LAYERS_MODEL = 'layers-model';

const MAX_EXTENT = 65536;

/** Classes that may stand before a Flatten: each value is treated alone. */
const VALUE_BY_VALUE = ['Rescaling', 'Dropout', 'GaussianDropout', 'GaussianNoise'];

/** Classes that make of their inputs something else, by products with trained weights. Whatever else follows probabilities leaves no logits. */
const PRODUCTS = ['Dense', 'Conv2D', 'DepthwiseConv2D', 'SeparableConv2D'];

/**
 * The network of a TensorFlow.js LayersModel: Sequential or functional, of Keras 2 or 3, with one input [height, width, channels] and one output of logits.
 *
 * @param model the parsed `model.json`, as `model.save` and tensorflowjs_converter write it, or its `modelTopology` alone
 * @throws invalid-input naming the layer
 */
export function readTopology(model: unknown): Architecture {
  const file = record('model.json', model);
  const format = file.get('format');
  if (format !== undefined && format !== null && format !== 'layers-model')
    throw invalidInput(
      'model.json: format',
      'layers-model (tensorflowjs_converter: tfjs_layers_model)',
      shorten(format),
    );
  const stated = file.has('model_topology') ? record('model.json: modelTopology', file.get('model_topology')) : file;
  const topology = stated.has('model_config') ? record('model.json: model_config', stated.get('model_config')) : stated;
  const { shape, layers } = readModel('model.json', topology);
  const nodes = readNodes(layers.map(withPlainNames));
  const inputShape = imageShape(shape, nodes);
  refuseProbabilities(nodes);
  const { outputShape } = layersModelKind.plan({ kind: 'layersModel', nodes }, inputShape);
  const last = nodes.at(-1);
  const [classes = 0] = outputShape;
  if (outputShape.length !== 1 || classes < 2)
    throw invalidInput(
      layerNamed(last?.name, last?.className),
      'to end the network in a logit for each of two or more classes',
      `[${outputShape.join(', ')}]`,
    );
  return { family: LAYERS_MODEL, inputShape, classes, layers: [{ kind: 'layersModel', nodes }] };
}

/** Weights are called `name/kernel` in files: a name like `block/conv` becomes `block.conv`. */
function withPlainNames(node: StatedNode): StatedNode {
  const plain = (name: string): string => name.replaceAll('/', '.');
  const { name, inputs, weightsOf } = node;
  return { ...node, name: plain(name), inputs: inputs.map(plain), weightsOf: weightsOf && plain(weightsOf) };
}

/** Height, width and channels: one where a network of grey images has none and does not look for any. */
function imageShape(shape: unknown, nodes: readonly KerasNode[]): Architecture['inputShape'] {
  const [, ...stated]: unknown[] = Array.isArray(shape) ? (shape as unknown[]) : [];
  const extents = stated.length === 2 && rearrangesInputs(nodes) ? [...stated, 1] : stated;
  const fits = extents.every(
    (extent) => Number.isInteger(extent) && (extent as number) >= 1 && (extent as number) <= MAX_EXTENT,
  );
  if (extents.length !== 3 || !fits)
    throw invalidInput(
      'model.json: batch_input_shape',
      '[null, height, width, channels], in numbers (a network of vectors begins with Flatten)',
      shorten(shape),
    );
  return extents as unknown as Architecture['inputShape'];
}

/** Whether what a network is given is first put into a shape of its own: then an axis more or less changes nothing. */
function rearrangesInputs(nodes: readonly KerasNode[]): boolean {
  const values = new Set<string>([INPUT]);
  for (const { name, className, inputs } of nodes) {
    if (!inputs.some((input) => values.has(input))) continue;
    if (VALUE_BY_VALUE.includes(className)) values.add(name);
    else if (className !== 'Flatten' && className !== 'Reshape') return false;
  }
  return true;
}

/** @throws invalid-input if what a network ends in has been made of probabilities alone */
function refuseProbabilities(nodes: readonly KerasNode[]): void {
  /** For each node, what made probabilities of all that it is made of. */
  const made = new Map<string, KerasNode>();
  for (const node of nodes) {
    const own = probabilitiesOf(node) === undefined ? undefined : node;
    const sources = PRODUCTS.includes(node.className) ? [] : node.inputs.map((input) => made.get(input));
    const source = sources.every((each) => each !== undefined) ? sources[0] : undefined;
    const origin = own ?? source;
    if (origin !== undefined) made.set(node.name, origin);
  }
  const last = nodes.at(-1);
  const origin = made.get(last?.name ?? '');
  if (origin === undefined) return;
  const { className } = origin;
  const isAlone = className === 'Softmax' || className === 'Activation';
  const without = !isAlone
    ? 'set its activation to linear'
    : origin === last
      ? 'leave the layer out, so that the one before it is the last'
      : 'leave the layer out';
  const after =
    origin === last ? '' : `, and layers up to ${layerNamed(last?.name, last?.className)} make no logits of it`;
  throw invalidInput(
    layerNamed(origin.name, className),
    `a network that ends in logits: ${without}, the weights stay as they are`,
    `${probabilitiesOf(origin) ?? ''}${after}`,
  );
}

/** The activation of a layer, if that makes probabilities. */
function probabilitiesOf({ className, config }: KerasNode): string | undefined {
  const activation = className === 'Softmax' ? 'softmax' : config['activation'];
  return typeof activation === 'string' && PROBABILITIES.includes(activation) ? activation : undefined;
}
