import { tidy } from '@tensorflow/tfjs-core';
import { DomainError } from '../../../errors.js';
import type { TensorTree } from '../../engine.js';
import { nodeAt } from '../../graph/graph.js';
import { simplify } from '../../graph/simplify/simplify.js';
import { mapTree } from '../../tensor-tree.js';
import { trace } from '../../trace/trace.js';
import { lowerGraph } from '../lowering/lower-graph.js';
import type { OnnxGraph } from '../onnx-model.js';
import { freeBatch, type GraphAtBatch } from './free-batch.js';
import { renameValues } from './rename-values.js';

/** Named arguments or results of a function. */
export type NamedTrees = Readonly<Record<string, TensorTree>>;

/**
 * Pairs of batch sizes that a function is traced with. If one of them happens to be an extent of the function's own, the two graphs may share their
 * constants differently, and the next pair is tried.
 */
const BATCH_SIZES = [
  [101, 103],
  [211, 223],
  [307, 311],
] as const;

/**
 * A pure function of tensors as an ONNX graph for any batch size.
 *
 * Inputs and outputs have the names of the function's arguments and results, fields and indices joined by dots; arguments that do not matter
 * are left out. The first axis of the batched ones is named `batch`.
 *
 * @param argumentsAt placeholders for a batch size; disposed here
 * @throws internal where the function is more than a function of each example: where something else than extents depends on the batch size
 */
export function lowerFunction<Arguments extends NamedTrees>(
  argumentsAt: (batch: number) => Arguments,
  fn: (given: Arguments) => NamedTrees,
): OnnxGraph {
  let failure: unknown;
  for (const [one, other] of BATCH_SIZES) {
    const [first, second] = [lowerAt(fn, argumentsAt, one), lowerAt(fn, argumentsAt, other)];
    try {
      return freeBatch(first, second);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function lowerAt<Arguments extends NamedTrees>(
  fn: (given: Arguments) => NamedTrees,
  argumentsAt: (batch: number) => Arguments,
  batch: number,
): GraphAtBatch {
  const { graph: whole, result } = within(() => trace(fn, [argumentsAt(batch)]));
  const graph = simplify(whole);
  const { onnx, inputs, outputs } = lowerGraph(graph);
  const names = new Map<string, string>();
  for (const [id, name] of inputs) names.set(name, argumentName(nodeAt(graph, id).attrs as { readonly name: string }));
  mapTree<number, undefined>(result, (index, name) => {
    names.set(outputs[index] ?? '', name);
    return undefined;
  });
  return { batch, graph: renameValues(onnx, (name) => names.get(name) ?? name) };
}

/** Disposes the tensors that a function makes; TensorFlow.js' own tidy returns nothing but tensors. */
function within<T>(make: () => T): T {
  const made: T[] = [];
  tidy(() => {
    made.push(make());
  });
  return made[0] as T;
}

/** Arguments are named by their places first, of which there is one. */
const argumentName = ({ name }: { readonly name: string }): string => name.replace(/^0\./, '');
