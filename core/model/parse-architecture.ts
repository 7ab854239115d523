import { invalidInput } from '../errors.js';
import type { Architecture, Layer } from './architecture.js';
import { readNodes, type GivenNode } from './keras/read-nodes.js';
import type { Field } from './layers/layer-kind.js';
import { fieldsOf } from './layers/layer-kinds.js';
import { planLayers } from './model.js';

const MAX_LAYERS = 1000;
const MAX_SIZE = 65536;
const FAMILY = /^[a-z0-9]+([.-][a-z0-9]+)*$/i;
const LAYER_NAME = /^[a-z0-9]+(\.[a-z0-9]+)*$/i;

/**
 * An architecture that came as JSON, checked: known kinds of layers, sane sizes, shapes that fit.
 *
 * @throws invalid-input
 */
export function parseArchitecture(value: unknown): Architecture {
  const { family, inputShape, classes, layers } = record('architecture', value);
  if (typeof family !== 'string' || !FAMILY.test(family)) {
    throw invalidInput('architecture.family', 'a name', JSON.stringify(family));
  }
  if (!Array.isArray(inputShape) || inputShape.length !== 3 || !inputShape.every(isSize)) {
    throw invalidInput('architecture.inputShape', '[height, width, channels]', JSON.stringify(inputShape));
  }
  if (!isSize(classes)) throw invalidInput('architecture.classes', 'a number of classes', JSON.stringify(classes));
  if (!Array.isArray(layers) || layers.length > MAX_LAYERS) {
    throw invalidInput('architecture.layers', `a list of at most ${MAX_LAYERS}`, typeof layers);
  }
  const architecture: Architecture = {
    family,
    inputShape: inputShape as unknown as Architecture['inputShape'],
    classes,
    layers: layers.map((layer, index) => parseLayer(`architecture.layers[${index}]`, layer)),
  };
  planLayers(architecture);
  return architecture;
}

function parseLayer(at: string, value: unknown): Layer {
  const given = record(at, value);
  const fields = typeof given.kind === 'string' ? fieldsOf(given.kind) : undefined;
  if (fields === undefined) throw invalidInput(`${at}.kind`, 'a known kind of layer', JSON.stringify(given.kind));
  for (const [name, field] of Object.entries<Field>(fields)) {
    if (!FITS[field](given[name])) throw invalidInput(`${at}.${name}`, field, JSON.stringify(given[name]));
  }
  const layer = Object.entries<Field>(fields).map(([name, field]) => {
    const value = given[name];
    return [name, field === 'nodes' ? readNodes(value as readonly GivenNode[]) : value] as const;
  });
  return Object.fromEntries([['kind', given.kind], ...layer]) as unknown as Layer;
}

const FITS: Readonly<Record<Field, (value: unknown) => boolean>> = {
  name: (value) => typeof value === 'string' && LAYER_NAME.test(value),
  size: isSize,
  'odd size': (value) => isSize(value) && value % 2 === 1,
  boolean: (value) => typeof value === 'boolean',
  nodes: (value) => Array.isArray(value) && value.every((node) => typeof node === 'object' && node !== null),
};

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_SIZE;
}

function record(at: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(at, 'an object', JSON.stringify(value));
  }
  return value as Record<string, unknown>;
}
