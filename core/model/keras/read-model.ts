import { invalidInput } from '../../errors.js';
import { inOrder, type FileLayer, type FileReference, type StatedNode } from './file-layers.js';
import { record, type Fields } from './json-fields.js';
import { shorten } from './keras-options.js';
import { layerNames, type LayerNames } from './layer-names.js';
import { INPUT } from './node-input.js';
import { layerNamed } from './read-nodes.js';

const MAX_LAYERS = 1000;
/** How deep models may lie in models. */
const MAX_DEPTH = 4;

/** Classes that are models: what a file holds, and what may lie in another one as a layer. */
const MODELS = ['Sequential', 'Model', 'Functional'];

/** A model as its layers. */
export interface ReadModel {
  /** With the batch. */
  readonly shape: unknown;
  /** Each after those that it follows, the one that the model ends in last; of nested models their own layers. */
  readonly layers: readonly StatedNode[];
}

/**
 * A Sequential or functional model.
 *
 * @param at what errors call it
 * @throws invalid-input naming the layer
 */
export function readModel(at: string, topology: Fields, names = layerNames(), depth = 0): ReadModel {
  const className = topology.get('class_name');
  const config = topology.get('config');
  if (!isModel(className)) throw invalidInput(`${at}: class_name`, `one of ${MODELS.join(', ')}`, shorten(className));
  if (depth > MAX_DEPTH) throw invalidInput(at, `models of models, at most ${MAX_DEPTH} of them`, 'more');
  const read =
    className === 'Sequential' ? readSequential(config, names) : readFunctional(record(`${at}: config`, config), names);
  return withoutNesting(read, names, depth);
}

const isModel = (className: unknown): boolean => MODELS.some((each) => each === className);

/** Puts the layers of nested models in the place of these. */
function withoutNesting({ shape, layers }: ReadModel, names: LayerNames, depth: number): ReadModel {
  const results = new Map<string, string>();
  let ownShape = shape;
  const flat = layers.flatMap((node): readonly StatedNode[] => {
    const inputs = node.inputs.map((each) => results.get(each) ?? each);
    if (!isModel(node.className)) return [{ ...node, inputs }];
    const at = layerNamed(node.name, node.className);
    const [input, ...more] = inputs;
    if (input === undefined || more.length > 0) throw invalidInput(at, 'one layer that it follows', `${inputs.length}`);
    const inner = readModel(
      at,
      new Map(Object.entries({ class_name: node.className, config: node.config })),
      names,
      depth + 1,
    );
    if (input === INPUT) ownShape ??= inner.shape;
    // Of a model that is used more than once, the layers of every later use have names of their own.
    const own = (name: string): string => (node.weightsOf === undefined ? name : `${node.name}.${name}`);
    const end = inner.layers.at(-1)?.name;
    results.set(node.name, end === undefined ? input : own(end));
    return inner.layers.map((each) => ({
      ...each,
      name: own(each.name),
      inputs: each.inputs.map((name) => (name === INPUT ? input : own(name))),
      weightsOf: node.weightsOf === undefined ? each.weightsOf : (each.weightsOf ?? each.name),
    }));
  });
  return { shape: ownShape, layers: flat };
}

/** Layers one after the other; the first one, or an InputLayer before it, says the shape. */
function readSequential(config: unknown, names: LayerNames): ReadModel {
  const fields = Array.isArray(config) ? undefined : record('model.json: config', config);
  const layers = layerList(fields?.get('layers') ?? config, names);
  const [first] = layers;
  const shape = (first && inputShapeOf(first)) ?? fields?.get('build_input_shape');
  let input: string = INPUT;
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
function readFunctional(config: Fields, names: LayerNames): ReadModel {
  const layers = layerList(config.get('layers'), names);
  const { layer: input } = onlyOne('input_layers', config.get('input_layers'));
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
  return { shape: inputShapeOf(start), layers: ordered };
}

/** The shape that a layer is given, with the batch, where its configuration says it. */
function inputShapeOf({ config }: FileLayer): unknown {
  const alone = config.get('input_shape');
  const whole: unknown = Array.isArray(alone) ? [null, ...(alone as unknown[])] : alone;
  return config.get('batch_input_shape') ?? config.get('batch_shape') ?? whole;
}

function readLayer(value: unknown, index: number, names: LayerNames): FileLayer {
  const layer = record(`model.json: layers[${index}]`, value);
  const className = layer.get('class_name');
  const config = layer.get('config');
  if (typeof className !== 'string')
    throw invalidInput(`model.json: layers[${index}]: class_name`, 'a name', shorten(className));
  const stated =
    layer.get('name') ?? (typeof config === 'object' && config !== null && 'name' in config ? config.name : undefined);
  const name = stated ?? names(className);
  if (typeof name !== 'string') throw invalidInput(`model.json: layers[${index}]: name`, 'a name', shorten(name));
  return {
    name,
    className,
    // Older files list a Sequential model's layers without more.
    config: Array.isArray(config)
      ? new Map([['layers', config]])
      : record(`${layerNamed(name, className)}: config`, config),
    inbound: layer.get('inbound_nodes'),
  };
}

/** `[["dense", 0, 0]]`, or that without the outer list, names one layer. */
function onlyOne(field: string, value: unknown): FileReference {
  const entries: unknown = Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
  const [entry, ...more]: unknown[] = Array.isArray(entries) ? (entries as unknown[]) : [];
  const [name, use = 0]: unknown[] = Array.isArray(entry) ? (entry as unknown[]) : [];
  if (typeof name !== 'string' || typeof use !== 'number' || more.length > 0)
    throw invalidInput(`model.json: ${field}`, 'one, as [name, 0, 0]', shorten(value));
  return { layer: name, use };
}

function layerList(value: unknown, names: LayerNames): readonly FileLayer[] {
  if (!Array.isArray(value)) throw invalidInput('model.json: layers', 'a list', shorten(value));
  if (value.length > MAX_LAYERS) throw invalidInput('model.json: layers', `at most ${MAX_LAYERS}`, `${value.length}`);
  return value.map((each, index) => readLayer(each, index, names));
}
