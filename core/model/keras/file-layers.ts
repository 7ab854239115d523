import { invalidInput } from '../../errors.js';
import { shorten } from './keras-options.js';
import { INPUT } from './node-input.js';
import { layerNamed } from './read-nodes.js';

/** A layer as a file states it. */
export interface FileLayer {
  readonly name: string;
  readonly className: string;
  readonly config: ReadonlyMap<string, unknown>;
  /** `inbound_nodes`: for each use of the layer, what it follows as [name, which use of that, which of its results, more arguments]. */
  readonly inbound: unknown;
}

/** A layer, and those that it follows. */
export interface StatedNode {
  readonly name: string;
  readonly className: string;
  readonly inputs: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Layers of a graph, each after those that it follows, else in the order of the file; the one that the network ends in is the last.
 *
 * @param input what a file calls what the network is given
 * @throws invalid-input naming a layer that is used otherwise than once, or that does not lie between input and output
 */
export function inOrder(layers: readonly FileLayer[], input: string, output: string): readonly StatedNode[] {
  const waiting = layers.map((layer) => ({ layer, inputs: inputsOf(layer) }));
  const done = new Set([input]);
  const ordered: { readonly layer: FileLayer; readonly inputs: readonly string[] }[] = [];
  while (waiting.length > 0) {
    const index = waiting.findIndex(({ inputs }) => inputs.every((each) => done.has(each)));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    if (next === undefined) {
      const { layer, inputs } = waiting[0] ?? { layer: layers[0], inputs: [] };
      const missing = inputs.find((each) => !done.has(each));
      throw invalidInput(
        `${layerNamed(layer?.name, layer?.className)}: inbound_nodes`,
        'layers that begin at the input',
        shorten(missing),
      );
    }
    done.add(next.layer.name);
    ordered.push(next);
  }
  const leading = new Set([output]);
  for (const { layer, inputs } of [...ordered].reverse()) {
    if (!leading.has(layer.name))
      throw invalidInput(
        layerNamed(layer.name, layer.className),
        `to lead to the output ${output}`,
        'a branch that ends',
      );
    for (const each of inputs) leading.add(each);
  }
  return ordered.map(({ layer: { name, className, config }, inputs }) => ({
    name,
    className,
    inputs: inputs.map((each) => (each === input ? INPUT : each)),
    config: Object.fromEntries(config),
  }));
}

function inputsOf({ name, className, inbound }: FileLayer): readonly string[] {
  const at = `${layerNamed(name, className)}: inbound_nodes`;
  const uses: readonly unknown[] = Array.isArray(inbound) ? inbound : [];
  const [use] = uses;
  if (uses.length > 1) throw invalidInput(at, 'a layer that is used once', `${uses.length} uses`);
  if (!Array.isArray(use))
    throw invalidInput(at, 'the layers that it follows, as Keras 2 writes them', shorten(inbound));
  return use.map((entry: unknown) => {
    const [from, node = 0, tensor = 0, more = {}]: unknown[] = Array.isArray(entry) ? (entry as unknown[]) : [];
    // A model that is used as a layer was used once before, when it was made: that was its node 0.
    const plain =
      typeof from === 'string' && (node === 0 || node === 1) && tensor === 0 && shorten(more ?? {}) === '{}';
    if (!plain) throw invalidInput(at, '[name, 0, 0, {}]', shorten(entry));
    return from;
  });
}
