import { add, matMul, reshape, tensor1d, tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { WeightedClassifier } from '../../core/margin/attack-steps.js';
import type { AttackNorm, Bounds } from '../../core/margin/threat-model.js';
import { createRandom } from '../../core/random.js';

/** Logits that are linear in the flattened inputs: z = Wᵀx + b. */
export const linearClassifier: WeightedClassifier = (weights, inputs) =>
  add(matMul(reshape(inputs, [inputs.shape[0], -1]), weights['kernel'] as Tensor2D), weights['bias'] as Tensor1D);

/** A linear model and inputs, whose margins can be computed exactly. */
export interface LinearCase {
  readonly classes: number;
  readonly values: number;
  readonly count: number;
  /** [values][classes]. */
  readonly kernel: readonly (readonly number[])[];
  readonly bias: readonly number[];
  /** [count][values]. */
  readonly inputs: readonly (readonly number[])[];
}

const SIDE = 6;

/** A random linear model and random inputs between `low` and `high`. */
export function linearCase(seed: number, classes: number, count: number, low: number, high: number): LinearCase {
  const random = createRandom(seed);
  const values = SIDE * SIDE;
  const float = Math.fround;
  return {
    classes,
    values,
    count,
    kernel: Array.from({ length: values }, () => Array.from({ length: classes }, () => float(random.normal()))),
    bias: Array.from({ length: classes }, () => float(0.1 * random.normal())),
    inputs: Array.from({ length: count }, () =>
      Array.from({ length: values }, () => float(low + (high - low) * random.uniform())),
    ),
  };
}

/** The tensors of a case; the caller disposes them. */
export function linearTensors(
  { kernel, bias, inputs, values, classes, count }: LinearCase,
  scale = 1,
): { weights: { kernel: Tensor2D; bias: Tensor1D }; inputs: Tensor4D } {
  return {
    weights: {
      kernel: tensor2d(
        kernel.flat().map((value) => value * scale),
        [values, classes],
      ),
      bias: tensor1d(bias.map((value) => value * scale)),
    },
    inputs: tensor4d(inputs.flat(), [count, SIDE, SIDE, 1]),
  };
}

/** z of an input, in float64. */
export const linearLogits = ({ kernel, bias }: LinearCase, input: readonly number[]): number[] =>
  bias.map((b, j) => input.reduce((sum, x, i) => sum + x * (kernel[i]?.[j] ?? NaN), b));

/**
 * The exact margin of an input: the least over all other classes; infinite if the box holds no point of another class.
 *
 * @param excess how far above zero the logit margin has to be at its end
 */
export function exactMargin(model: LinearCase, index: number, norm: AttackNorm, bounds: Bounds, excess = 0): number {
  const input = model.inputs[index] ?? [];
  const logits = linearLogits(model, input);
  const label = logits.indexOf(Math.max(...logits));
  return Math.min(
    ...logits.flatMap((_, rival) =>
      rival === label ? [] : [marginTo(model, input, label, rival, norm, bounds, excess)],
    ),
  );
}

/**
 * min ‖δ‖ with w·δ ≥ g, x + δ in the box, for w = W_rival − W_label, g = z_label − z_rival + excess.
 *
 * The best δ of a size t pushes each value towards the rival as far as size and box allow: ℓ∞ δᵢ = sign(wᵢ) min(t, roomᵢ), ℓ2
 * δᵢ = sign(wᵢ) min(t |wᵢ|, roomᵢ), t a Lagrange multiplier (water filling). w·δ grows with t, so t is bisected. In ℓ1 the values of the largest
 * |wᵢ| move first, each as far as there is room.
 */
function marginTo(
  { kernel, bias }: LinearCase,
  input: readonly number[],
  label: number,
  rival: number,
  norm: AttackNorm,
  { lower, upper }: Bounds,
  excess: number,
): number {
  const w = kernel.map((row) => (row[rival] ?? NaN) - (row[label] ?? NaN));
  const room = input.map((x, i) => ((w[i] ?? NaN) > 0 ? upper - x : x - lower));
  const gap =
    excess + (bias[label] ?? NaN) - (bias[rival] ?? NaN) - input.reduce((sum, x, i) => sum + x * (w[i] ?? NaN), 0);
  if (norm === 'l1') return lengthOfFewest(w, room, gap);
  const sizes = (t: number): number[] =>
    room.map((limit, i) => Math.min(norm === 'linf' ? t : t * Math.abs(w[i] ?? NaN), limit));
  const gain = (t: number): number => sizes(t).reduce((sum, size, i) => sum + size * Math.abs(w[i] ?? NaN), 0);
  let [low, high] = [0, 1e6];
  if (gain(high) < gap) return Infinity;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (gain(middle) < gap) low = middle;
    else high = middle;
  }
  return norm === 'linf' ? Math.max(...sizes(high)) : Math.hypot(...sizes(high));
}

/** min Σ sᵢ with Σ |wᵢ| sᵢ ≥ g, 0 ≤ sᵢ ≤ roomᵢ: a fractional knapsack. */
function lengthOfFewest(w: readonly number[], room: readonly number[], gap: number): number {
  let [left, length] = [gap, 0];
  for (const i of [...w.keys()].sort((a, b) => Math.abs(w[b] ?? NaN) - Math.abs(w[a] ?? NaN))) {
    if (left <= 0) return length;
    const size = Math.min(room[i] ?? NaN, left / Math.abs(w[i] ?? NaN));
    length += size;
    left -= size * Math.abs(w[i] ?? NaN);
  }
  return left <= 1e-9 * gap ? length : Infinity;
}
