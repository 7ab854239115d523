import { add } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { sumsOver } from '../../../core/engine/world/joined.js';
import type { World } from '../../../core/engine/world/world.js';
import { mapNamed, named } from '../named.js';

/** Gradients and a report of all processes, from the parts that each of them has. */
export function sumOverProcesses(
  world: World,
  gradients: TensorMap,
  report: Tensor1D,
): { readonly gradients: TensorMap; readonly report: Tensor1D } {
  const [first = report, ...rest] = sumsOver(world, [report, ...Object.values(gradients)]);
  const sums = Object.fromEntries(Object.keys(gradients).map((name, i) => [name, rest[i] as Tensor]));
  return { gradients: sums, report: first as Tensor1D };
}

/** The sum of gradients of the same parameters; a term of weight 0 has none. */
export function sumOfTerms(a: TensorMap, b: TensorMap): TensorMap {
  if (Object.keys(a).length === 0) return b;
  if (Object.keys(b).length === 0) return a;
  return mapNamed(a, (gradient, name) => add(gradient, named(b, name)));
}
