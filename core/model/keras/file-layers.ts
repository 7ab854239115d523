import { invalidInput } from '../../errors.js';
import { shorten } from './keras-options.js';
import { INPUT } from './node-input.js';
import { layerNamed } from './read-nodes.js';

/** How often a layer may be used. */
const MAX_USES = 100;

/** A layer as a file states it. */
export interface FileLayer {
  readonly name: string;
  readonly className: string;
  readonly config: ReadonlyMap<string, unknown>;
  /** `inbound_nodes`: for each use of the layer, what it follows as [name, which use of that, which of its results, more arguments]. */
  readonly inbound: unknown;
}

/** A use of a layer, and those that it follows. */
export interface StatedNode {
  readonly name: string;
  readonly className: string;
  readonly inputs: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** The first use of the same layer, which has the weights; undefined: this is the first. */
  readonly weightsOf?: string | undefined;
}

/** What a file says of where values come from: a layer, and which use of it. */
export interface FileReference {
  readonly layer: string;
  readonly use: number;
}

/**
 * The uses of a graph's layers, each after those that it follows, else in the order of the file; the one that the network ends in is the last.
 * The first use of a layer is called like the layer `relu`, others `relu.1`, `relu.2`.
 *
 * @param input what a file calls what the network is given
 * @throws invalid-input naming a layer that does not lie between input and output
 */
export function inOrder(layers: readonly FileLayer[], input: string, output: FileReference): readonly StatedNode[] {
  const { uses, last } = usesOf(layers, output);
  const waiting = [...uses];
  const done = new Set([input]);
  const ordered: StatedNode[] = [];
  while (waiting.length > 0) {
    const index = waiting.findIndex(({ inputs }) => inputs.every((each) => done.has(each)));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    if (next === undefined) {
      const { name, className, inputs = [] } = waiting[0] ?? {};
      const missing = inputs.find((each) => !done.has(each));
      throw invalidInput(
        `${layerNamed(name, className)}: inbound_nodes`,
        'layers that begin at the input',
        shorten(missing),
      );
    }
    done.add(next.name);
    ordered.push(next);
  }
  const leading = new Set([last]);
  for (const { name, className, inputs } of [...ordered].reverse()) {
    if (!leading.has(name))
      throw invalidInput(layerNamed(name, className), `to lead to the output ${last}`, 'a branch that ends');
    for (const each of inputs) leading.add(each);
  }
  return ordered.map((node) => ({ ...node, inputs: node.inputs.map((each) => (each === input ? INPUT : each)) }));
}

/** Every use of every layer as a node, and the name of the one that is the output. */
function usesOf(
  layers: readonly FileLayer[],
  output: FileReference,
): { readonly uses: readonly StatedNode[]; readonly last: string } {
  const stated = layers.map((layer) => ({ layer, inbound: inboundOf(layer) }));
  const counts = new Map(stated.map(({ layer, inbound }) => [layer.name, inbound.length]));
  const references = [...stated.flatMap(({ inbound }) => inbound.flat()), output];
  // A model that is used as a layer was used once before, when it was made: its uses are counted from 1.
  const fromOne = new Set(
    references.filter(({ layer, use }) => use > 0 && use === counts.get(layer)).map(({ layer }) => layer),
  );
  const nameOf = ({ layer, use }: FileReference): string => useName(layer, use - (fromOne.has(layer) ? 1 : 0));
  const uses = stated.flatMap(({ layer: { name, className, config }, inbound }) =>
    inbound.map((inputs, use) => ({
      name: useName(name, use),
      className,
      inputs: inputs.map(nameOf),
      config: Object.fromEntries(config),
      ...(use > 0 && { weightsOf: name }),
    })),
  );
  return { uses, last: nameOf(output) };
}

const useName = (layer: string, use: number): string => (use === 0 ? layer : `${layer}.${use}`);

/** What each use of a layer follows. */
function inboundOf({ name, className, inbound }: FileLayer): readonly (readonly FileReference[])[] {
  const at = `${layerNamed(name, className)}: inbound_nodes`;
  const uses: readonly unknown[] = Array.isArray(inbound) ? inbound : [];
  const entriesOf = (use: unknown): readonly unknown[] => {
    const entries = Array.isArray(use) ? (use as unknown[]) : keras3Entries(use);
    return entries ?? refuseNodes(at, inbound);
  };
  if (uses.length === 0 || uses.length > MAX_USES) refuseNodes(at, inbound);
  return uses.map((use) =>
    entriesOf(use).map((entry) => {
      const [layer, node = 0, tensor = 0, more = {}]: unknown[] = Array.isArray(entry) ? (entry as unknown[]) : [];
      const plain =
        typeof layer === 'string' &&
        Number.isInteger(node) &&
        (node as number) >= 0 &&
        (node as number) <= MAX_USES &&
        tensor === 0 &&
        shorten(more ?? {}) === '{}';
      if (!plain) throw invalidInput(at, '[name, 0, 0, {}]', shorten(entry));
      return { layer, use: node as number };
    }),
  );
}

const refuseNodes = (at: string, got: unknown): never => {
  throw invalidInput(at, 'the layers that it follows, as Keras writes them', shorten(got));
};

/**
 * What a use of a layer follows, as Keras 3 writes it: `{ args: [tensor], kwargs: {} }`, several tensors in a list of their own, and of each
 * tensor its `keras_history` [name, use, result].
 *
 * @returns as Keras 2 writes it; undefined if it is something else, as arguments that change what the layer does
 */
function keras3Entries(use: unknown): readonly unknown[] | undefined {
  const { args, kwargs } = (use ?? {}) as { readonly args?: unknown; readonly kwargs?: unknown };
  if (!Array.isArray(args) || args.length !== 1) return undefined;
  // `mask: null` and `training: false` are what a layer does anyway.
  if (Object.values(kwargs ?? {}).some((value) => value !== null && value !== false)) return undefined;
  const [followed] = args as readonly unknown[];
  return (Array.isArray(followed) ? (followed as readonly unknown[]) : [followed]).map(
    (tensor) => (tensor as { readonly config?: { readonly keras_history?: unknown } } | null)?.config?.keras_history,
  );
}
