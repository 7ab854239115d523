import { DomainError } from '../../../errors.js';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from '../onnx-model.js';
import { renameValues } from './rename-values.js';

/** What a loop carries from one turn to the next has these names among the arguments and the results of its body. */
const STATE = 'state.';
const NEXT = 'next.';

/** Names of values by what a function calls them. */
export type ValueNames = Readonly<Record<string, string>>;

/** An ONNX graph that is put together of others. Names of values that are inside of a part begin with the part's name and a slash. */
export interface GraphComposer {
  /**
   * Adds a function once.
   *
   * @param given the values that its arguments are; without an entry, the value that has the argument's name
   * @returns its results
   */
  call(part: string, fn: OnnxGraph, given?: ValueNames): ValueNames;
  /**
   * Adds a function that is repeated: its results `next.…` are its arguments `state.…` of the next turn.
   *
   * @param turns how often
   * @param initial what `state.…` is at first
   * @returns what is carried, after the last turn
   */
  loop(part: string, body: OnnxGraph, turns: number, initial: ValueNames, given?: ValueNames): ValueNames;
  /** Adds one node. @returns its result */
  node(op: string, inputs: readonly string[], output: string, attributes?: OnnxNode['attributes']): string;
  /** @param outputs the name of each output, and the value that it is */
  finish(inputs: readonly OnnxValueInfo[], outputs: readonly (readonly [OnnxValueInfo, string])[]): OnnxGraph;
}

/** Begins a graph of a name with some constants. */
export function composeGraph(name: string, constants: ReadonlyMap<string, OnnxTensor>): GraphComposer {
  const nodes: OnnxNode[] = [];
  const initializers = new Map(constants);
  const constant = (id: string, tensor: OnnxTensor): string => {
    initializers.set(id, tensor);
    return id;
  };

  return {
    call: (part, fn, given = {}) => {
      const inlined = within(part, fn, given);
      nodes.push(...inlined.nodes);
      for (const [id, tensor] of inlined.initializers) initializers.set(id, tensor);
      return Object.fromEntries(fn.outputs.map((output, index) => [output.name, inlined.outputs[index]?.name ?? '']));
    },

    loop: (part, body, turns, initial, given = {}) => {
      const carried = body.outputs.map((output) => ({ output, key: output.name.replace(NEXT, '') }));
      const states = Object.fromEntries(carried.map(({ key }) => [`${STATE}${key}`, `${part}/${STATE}${key}`]));
      const inner = within(part, body, { ...given, ...states });
      const [turn, condition, goesOn] = ['turn', 'condition', 'goes_on'].map((own) => `${part}/${own}`) as [
        string,
        string,
        string,
      ];
      const { before, inside } = withoutInvariants(inner, Object.values(states));
      nodes.push(...before.nodes);
      for (const [id, tensor] of before.initializers) initializers.set(id, tensor);
      const graph: OnnxGraph = {
        ...inside,
        name: part,
        inputs: [
          { name: turn, type: 'int64', shape: [] },
          { name: condition, type: 'bool', shape: [] },
          ...carried.map(({ output, key }) => ({ ...output, name: `${part}/${STATE}${key}` })),
        ],
        outputs: [{ name: goesOn, type: 'bool', shape: [] }, ...inner.outputs],
        nodes: [...inside.nodes, { op: 'Identity', inputs: [condition], outputs: [goesOn] }],
      };
      const results = Object.fromEntries(carried.map(({ key }) => [key, `${part}/${key}`]));
      const count = constant(`${part}/turns`, { type: 'int64', shape: [], data: BigInt64Array.of(BigInt(turns)) });
      const always = constant(`${part}/always`, { type: 'bool', shape: [], data: Uint8Array.of(1) });
      nodes.push({
        op: 'Loop',
        inputs: [count, always, ...carried.map(({ key }) => valueOf(initial, key, part))],
        outputs: carried.map(({ key }) => valueOf(results, key, part)),
        attributes: { body: { graph } },
      });
      return results;
    },

    node: (op, inputs, output, attributes = {}) => {
      nodes.push({ op, inputs, outputs: [output], attributes });
      return output;
    },

    finish: (inputs, outputs) => {
      const named = outputs.map(([info, value]): OnnxNode => ({
        op: 'Identity',
        inputs: [value],
        outputs: [info.name],
      }));
      return { name, inputs, outputs: outputs.map(([info]) => info), initializers, nodes: [...nodes, ...named] };
    },
  };
}

/** A function's graph with the names that its values have within another. */
function within(part: string, fn: OnnxGraph, given: ValueNames): OnnxGraph {
  const outer = new Map(fn.inputs.map(({ name }) => [name, given[name] ?? name]));
  return renameValues(fn, (name) => outer.get(name) ?? `${part}/${name}`);
}

/**
 * A body without what is the same in every turn: that is computed once, before the loop. Some runtimes would not find it by themselves.
 *
 * @param states what differs from turn to turn
 */
function withoutInvariants(
  body: OnnxGraph,
  states: readonly string[],
): { readonly before: Pick<OnnxGraph, 'nodes' | 'initializers'>; readonly inside: OnnxGraph } {
  const varying = new Set(states);
  const fixed = new Set<OnnxNode>();
  for (const node of body.nodes) {
    if (node.inputs.some((name) => varying.has(name))) for (const output of node.outputs) varying.add(output);
    else fixed.add(node);
  }
  // A loop carries values of its body; nothing else reads them.
  const results = new Set(body.outputs.map(({ name }) => name));
  const before = body.nodes.filter((node) => fixed.has(node) && !node.outputs.some((name) => results.has(name)));
  const moved = new Set(before.flatMap(({ inputs }) => inputs));
  const constants = [...body.initializers];
  return {
    before: { nodes: before, initializers: new Map(constants.filter(([name]) => moved.has(name))) },
    inside: {
      ...body,
      nodes: body.nodes.filter((node) => !before.includes(node)),
      initializers: new Map(constants.filter(([name]) => !moved.has(name))),
    },
  };
}

function valueOf(values: ValueNames, key: string, part: string): string {
  const value = values[key];
  if (value === undefined)
    throw new DomainError('internal', `engine onnx: export: ${part}: expected a value for ${key}, got none`);
  return value;
}
