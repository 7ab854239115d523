import { isDeepStrictEqual } from 'node:util';
import { invalidInput } from '../../errors.js';
import type { KerasNode } from '../architecture.js';
import { INPUT } from './node-input.js';
import { KERAS_LAYER_NAMES, kerasLayer } from './keras-layers.js';
import { readOptions, shorten } from './keras-options.js';

/** What is known of a layer before it is checked. */
export interface GivenNode {
  readonly name: unknown;
  readonly className: unknown;
  readonly inputs: unknown;
  readonly config: unknown;
  readonly weightsOf?: unknown;
}

const MAX_NODES = 1000;
const MAX_INPUTS = 100;
/** Weights are called `name/kernel` in files: a name has no slash. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** What errors call a layer. */
export const layerNamed = (name: unknown, className: unknown): string =>
  `layer ${typeof name === 'string' ? name : shorten(name)} (${typeof className === 'string' ? className : shorten(className)})`;

/**
 * Checks layers: known classes, known options with every default filled in, names of their own, each after those that it follows.
 *
 * @throws invalid-input naming the layer
 */
export function readNodes(given: readonly GivenNode[]): readonly KerasNode[] {
  if (given.length === 0 || given.length > MAX_NODES)
    throw invalidInput('layers', `1 to ${MAX_NODES} of them`, `${given.length}`);
  const known = new Set<string>([INPUT]);
  const nodes = given.map((each) => {
    const node = readNode(each);
    const at = layerNamed(node.name, node.className);
    if (known.has(node.name)) {
      const expected = 'a name of its own, and not that of what the network is given';
      throw invalidInput(`${at}: name`, expected, node.name);
    }
    const unknown = node.inputs.find((input) => !known.has(input));
    if (unknown !== undefined) throw invalidInput(`${at}: inbound_nodes`, 'layers before it', shorten(unknown));
    known.add(node.name);
    return node;
  });
  const owners = new Map(nodes.filter(({ weightsOf }) => weightsOf === undefined).map((node) => [node.name, node]));
  for (const { name, className, config, weightsOf } of nodes) {
    if (weightsOf === undefined) continue;
    const owner = owners.get(weightsOf);
    if (owner?.className !== className || !isDeepStrictEqual(owner.config, config)) {
      const expected = 'the name of a layer of the same class and options, with weights of its own';
      throw invalidInput(`${layerNamed(name, className)}: weightsOf`, expected, weightsOf);
    }
  }
  return nodes;
}

function readNode({ name, className, inputs, config, weightsOf }: GivenNode): KerasNode {
  const at = layerNamed(name, className);
  const layer = typeof className === 'string' ? kerasLayer(className) : undefined;
  if (typeof className !== 'string' || layer === undefined)
    throw invalidInput(at, `one of the layers that are known: ${KERAS_LAYER_NAMES.join(', ')}`, shorten(className));
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalidInput(`${at}: name`, 'up to 100 letters, digits, _, . and -', shorten(name));
  if (
    !isNames(inputs) ||
    (layer.follows === 'one' ? inputs.length !== 1 : inputs.length < 2 || inputs.length > MAX_INPUTS)
  ) {
    const expected =
      layer.follows === 'one' ? 'one layer that it follows' : `2 to ${MAX_INPUTS} layers that it follows`;
    throw invalidInput(`${at}: inbound_nodes`, expected, shorten(inputs));
  }
  if (weightsOf !== undefined && typeof weightsOf !== 'string')
    throw invalidInput(`${at}: weightsOf`, 'a name', shorten(weightsOf));
  if (typeof config !== 'object' || config === null) throw invalidInput(`${at}: config`, 'an object', shorten(config));
  return {
    name,
    className,
    inputs: [...inputs],
    config: readOptions(at, config as KerasNode['config'], (options) => layer.read(options)),
    ...(weightsOf !== undefined && { weightsOf }),
  };
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
