import { invalidInput } from '../../errors.js';
import { inOrder, type FileLayer, type StatedNode } from './file-layers.js';
import { record, type Fields } from './json-fields.js';
import { shorten } from './keras-options.js';
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
export function readModel(at: string, topology: Fields, depth = 0): ReadModel {
  const className = topology.get('class_name');
  const config = topology.get('config');
  if (!isModel(className)) throw invalidInput(`${at}: class_name`, `one of ${MODELS.join(', ')}`, shorten(className));
  if (depth > MAX_DEPTH) throw invalidInput(at, `models of models, at most ${MAX_DEPTH} of them`, 'more');
  const read = className === 'Sequential' ? readSequential(config) : readFunctional(record(`${at}: config`, config));
  return withoutNesting(read, depth);
}

const isModel = (className: unknown): boolean => MODELS.some((each) => each === className);

/** Puts the layers of nested models in the place of these. */
function withoutNesting({ shape, layers }: ReadModel, depth: number): ReadModel {
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
      depth + 1,
    );
    if (input === INPUT) ownShape ??= inner.shape;
    results.set(node.name, inner.layers.at(-1)?.name ?? input);
    return inner.layers.map((each) => ({
      ...each,
      inputs: each.inputs.map((name) => (name === INPUT ? input : name)),
    }));
  });
  return { shape: ownShape, layers: flat };
}

/** Layers one after the other; the first one, or an InputLayer before it, says the shape. */
function readSequential(config: unknown): ReadModel {
  const fields = Array.isArray(config) ? undefined : record('model.json: config', config);
  const layers = layerList(fields?.get('layers') ?? config);
  const [first] = layers;
  const shape =
    first?.config.get('batch_input_shape') ?? first?.config.get('batch_shape') ?? fields?.get('build_input_shape');
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
    // Older files list a Sequential model's layers without more.
    config: Array.isArray(config)
      ? new Map([['layers', config]])
      : record(`${layerNamed(name, className)}: config`, config),
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

function layerList(value: unknown): readonly FileLayer[] {
  if (!Array.isArray(value)) throw invalidInput('model.json: layers', 'a list', shorten(value));
  if (value.length > MAX_LAYERS) throw invalidInput('model.json: layers', `at most ${MAX_LAYERS}`, `${value.length}`);
  return value.map(readLayer);
}
