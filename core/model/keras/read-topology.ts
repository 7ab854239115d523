import { invalidInput } from '../../errors.js';
import type { Architecture, KerasNode } from '../architecture.js';
import { layersModelKind } from '../layers/layers-model.js';
import { PROBABILITIES } from './activations.js';
import { snakeCase, shorten } from './keras-options.js';
import { INPUT } from './node-input.js';
import { layerNamed, readNodes, type GivenNode } from './read-nodes.js';
import { inOrder, type FileLayer } from './file-layers.js';

/** The family of architectures that a file of TensorFlow.js stated. */
export const LAYERS_MODEL = 'layers-model';

const MAX_EXTENT = 65536;
const MAX_LAYERS = 1000;

/** Classes whose values stand for those of the layer before, to look through for what a network ends in. */
const PASSING = ['Flatten', 'Reshape', 'Permute', 'Dropout', 'GaussianDropout', 'GaussianNoise'];

/**
 * The network of a TensorFlow.js LayersModel: Sequential or functional, of Keras 2, with one input [height, width, channels] and one output of logits.
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
  const { shape, layers } = readModel(topology);
  const nodes = readNodes(layers);
  const inputShape = imageShape(shape);
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

interface ReadModel {
  /** With the batch. */
  readonly shape: unknown;
  readonly layers: readonly GivenNode[];
}

function readModel(topology: Fields): ReadModel {
  const className = topology.get('class_name');
  if (className === 'Sequential') return readSequential(topology.get('config'));
  if (className === 'Model' || className === 'Functional')
    return readFunctional(record('model.json: config', topology.get('config')));
  throw invalidInput('model.json: class_name', 'Sequential, Model or Functional', shorten(className));
}

/** Layers one after the other; the first one, or an InputLayer before it, says the shape. */
function readSequential(config: unknown): ReadModel {
  const fields = Array.isArray(config) ? undefined : record('model.json: config', config);
  const layers = layerList(fields?.get('layers') ?? config);
  const [first] = layers;
  const shape =
    first?.config.get('batch_input_shape') ?? first?.config.get('batch_shape') ?? fields?.get('build_input_shape');
  let input: unknown = INPUT;
  const following = first?.className === 'InputLayer' ? layers.slice(1) : layers;
  return {
    shape,
    layers: following.map(({ name, className, config: own }) => {
      const node = { name, className, inputs: [input], config: Object.fromEntries(own) };
      input = name;
      return node;
    }),
  };
}

/** A graph of layers, in an order in which each comes after those that it follows. */
function readFunctional(config: Fields): ReadModel {
  const layers = layerList(config.get('layers'));
  const input = onlyOne('input_layers', config.get('input_layers'));
  const output = onlyOne('output_layers', config.get('output_layers'));
  const start = layers.find(({ name }) => name === input);
  if (start?.className !== 'InputLayer')
    throw invalidInput('model.json: input_layers', 'the name of an InputLayer', shorten(input));
  const other = layers.find((layer) => layer.className === 'InputLayer' && layer !== start);
  if (other !== undefined)
    throw invalidInput(layerNamed(other.name, 'InputLayer'), 'one input of the network', 'another one');
  const ordered = inOrder(
    layers.filter((layer) => layer !== start),
    input,
    output,
  );
  return { shape: start.config.get('batch_input_shape') ?? start.config.get('batch_shape'), layers: ordered };
}

function readLayer(value: unknown, index: number): FileLayer {
  const layer = record(`model.json: layers[${index}]`, value);
  const className = layer.get('class_name');
  const config = layer.get('config');
  const name =
    layer.get('name') ?? (typeof config === 'object' && config !== null && 'name' in config ? config.name : undefined);
  if (typeof name !== 'string' || typeof className !== 'string')
    throw invalidInput(`model.json: layers[${index}]`, 'a name and a class_name', shorten([name, className]));
  return {
    name,
    className,
    config: record(`${layerNamed(name, className)}: config`, config),
    inbound: layer.get('inbound_nodes'),
  };
}

/** `[["dense", 0, 0]]`, or that without the outer list, names one layer. */
function onlyOne(field: string, value: unknown): string {
  const entries: unknown = Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
  const [entry, ...more]: unknown[] = Array.isArray(entries) ? (entries as unknown[]) : [];
  const name: unknown = Array.isArray(entry) ? entry[0] : undefined;
  if (typeof name !== 'string' || more.length > 0)
    throw invalidInput(`model.json: ${field}`, 'one, as [name, 0, 0]', shorten(value));
  return name;
}

function imageShape(shape: unknown): Architecture['inputShape'] {
  const [, ...extents]: unknown[] = Array.isArray(shape) ? (shape as unknown[]) : [];
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

/** @throws invalid-input if what a network ends in has been made probabilities */
function refuseProbabilities(nodes: readonly KerasNode[]): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let node = nodes.at(-1);
  for (;;) {
    if (node === undefined) return;
    const activation = node.className === 'Softmax' ? 'softmax' : node.config['activation'];
    if (typeof activation === 'string' && PROBABILITIES.includes(activation)) {
      const without =
        node.className === 'Softmax' || node.className === 'Activation'
          ? 'leave the layer out'
          : 'set its activation to linear';
      throw invalidInput(
        layerNamed(node.name, node.className),
        `a network that ends in logits: ${without}, the weights stay as they are`,
        activation,
      );
    }
    if (!PASSING.includes(node.className) && activation !== 'linear') return;
    if (!PASSING.includes(node.className) && node.className !== 'Activation') return;
    node = byName.get(node.inputs[0] ?? '');
  }
}

/** The fields of an object, `className` as `class_name`. */
type Fields = ReadonlyMap<string, unknown>;

function record(at: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput(at, 'an object', shorten(value));
  return new Map(Object.entries(value).map(([key, field]) => [snakeCase(key), field]));
}

function layerList(value: unknown): readonly FileLayer[] {
  if (!Array.isArray(value)) throw invalidInput('model.json: layers', 'a list', shorten(value));
  if (value.length > MAX_LAYERS) throw invalidInput('model.json: layers', `at most ${MAX_LAYERS}`, `${value.length}`);
  return value.map(readLayer);
}
