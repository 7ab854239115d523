import { Tensor } from '@tensorflow/tfjs-core';
import type { Compile, TensorTree } from '../engine.js';
import { nodeAt, type TensorType } from '../graph/graph.js';
import { simplify } from '../graph/simplify/simplify.js';
import { leavesOf, mapTree, type Tree } from '../tensor-tree.js';
import { isTracing, trace } from '../trace/trace.js';
import { recentlyUsed } from './recently-used.js';
import type { ResidentTensors } from './resident-tensors.js';
import type { Program, Runtime } from './runtime.js';

/** A function compiled for arguments of certain shapes. */
interface Compiled<Buffer> {
  readonly program: Program<Buffer>;
  /** Which of the arguments' tensors, in the order of their names, each of its inputs is. */
  readonly places: readonly number[];
  readonly outputs: readonly TensorType[];
  readonly result: Tree<number>;
}

/** Arguments of so many different shapes are remembered for each function; each may hold a copy of the weights. */
const REMEMBERED = 12;

/** Compiles functions for a runtime: traced when they are first called with arguments of certain shapes, run from then on. */
export function compileFor<Buffer>(runtime: Runtime<Buffer>, resident: ResidentTensors<Buffer>): Compile {
  return <I extends readonly TensorTree[], O extends TensorTree>(
    fn: (...inputs: I) => O,
    { callsPerWeights = 1 } = {},
  ) => {
    const compiled = recentlyUsed<Compiled<Buffer>>(REMEMBERED, ({ program }) => {
      program.dispose();
    });
    const compileNow = (inputs: I): Compiled<Buffer> => {
      const traced = trace(fn, inputs);
      const graph = simplify(traced.graph);
      const weights = leavesOf<Tensor>(inputs[0] ?? []).length;
      return {
        program: runtime.load(graph, { weights, runsPerWeights: callsPerWeights }),
        places: leavesOf<number>(numbered(inputs, { leaves: 0 })),
        outputs: graph.outputs.map((id) => nodeAt(graph, id)),
        result: traced.result,
      };
    };
    return (...inputs: I): O => {
      if (isTracing()) return fn(...inputs);
      const leaves: Tensor[] = [];
      const signature = signatureOf(inputs, leaves);
      const { program, places, outputs, result } = compiled.get(signature, () => compileNow(inputs));
      const buffers = program.run(places.map((place) => resident.bufferOf(leaves[place] as Tensor)));
      const tensors = outputs.map((type, i) => resident.tensorOf(buffers[i] as Buffer, type));
      return mapTree<number, Tensor>(result, (i) => tensors[i] as Tensor) as O;
    };
  };
}

/**
 * What a tree of tensors is compiled for: names, types and shapes, whatever the order of the fields. It is made at each call, so it makes nothing else.
 *
 * @param leaves is given its tensors, in the order of their names
 */
function signatureOf(tree: TensorTree, leaves: Tensor[]): string {
  if (tree instanceof Tensor) {
    leaves.push(tree);
    return `${tree.dtype}[${tree.shape.join()}]`;
  }
  let signature = '{';
  const parts = tree as Readonly<Record<string, TensorTree>>;
  for (const name of namesIn(tree)) signature += `${name}:${signatureOf(parts[name] as TensorTree, leaves)};`;
  return signature + '}';
}

const namesIn = (tree: TensorTree): readonly string[] =>
  Array.isArray(tree) ? Object.keys(tree) : Object.keys(tree).sort();

/** The same structure, its tensors numbered in the order of their names. */
function numbered(tree: TensorTree, count: { leaves: number }): Tree<number> {
  if (tree instanceof Tensor) return count.leaves++;
  const parts = tree as Readonly<Record<string, TensorTree>>;
  const numbers = new Map(namesIn(tree).map((name) => [name, numbered(parts[name] as TensorTree, count)]));
  return Object.fromEntries(Object.keys(tree).map((name) => [name, numbers.get(name) as Tree<number>]));
}
