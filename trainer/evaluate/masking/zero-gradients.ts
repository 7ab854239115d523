import { abs, dispose, max, reshape, stack, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../core/engine/engine.js';
import { crossEntropy, logitMargin, type Loss } from '../../../core/margin/losses.js';
import { inputGradient } from '../../../core/margin/pgd-iteration.js';
import { orStop, type MaskingContext } from './masking-context.js';
import { selectShards, type Seen } from './reasons.js';

/**
 * A gradient counts as zero if following it through the whole box would change no logit by more than so much of the largest: what float32 rounds
 * to nothing.
 */
const ROUNDING = 1e-7;

/** The gradient of the cross entropy counts as lost if it is so much smaller than that of the margin: soon it is 0 in float32. */
const UNDERFLOW = 1e-30;

/** A few inputs may lie where all units of a layer rest. */
const CHANCE = 0.05;

/**
 * Raised where the gradient of the logit margin is zero at inputs that are classified correctly: there attacks stand still. Where only that of the cross
 * entropy is, because the logits are large, the attacks here do not mind (see `ascendedLossOf`), but others may: the reason says so.
 */
export async function zeroGradients(context: MaskingContext): Promise<Seen> {
  const { compile, classifier, weights, inputs, labels, logits, threat, spent } = context;
  await orStop(context);
  const largest = compile((at: TensorMap, x: Tensor4D, y: Tensor1D): Tensor2D => {
    const largestOf = (loss: Loss): Tensor1D => {
      const gradients = inputGradient((points) => classifier(at, points), loss, x, y);
      return max(reshape(abs(gradients), [x.shape[0], -1]), 1);
    };
    return stack([largestOf(crossEntropy), largestOf(logitMargin)]) as Tensor2D;
  });
  const classes = tensor1d([...labels], 'int32');
  const rows = tidy(() => largest(weights, inputs, classes));
  const values = (await rows.data()) as Float32Array;
  spent.gradientEvaluations += 2 * labels.length;
  dispose([classes, rows]);
  const count = labels.length;
  const reach = (threat.bounds.upper - threat.bounds.lower) * (inputs.size / count);
  const isFlat = (row: number): boolean =>
    (values[count + row] ?? 0) * reach <= ROUNDING * Math.max(...(logits[row] ?? []).map(Math.abs));
  const isBlind = (row: number): boolean => (values[row] ?? 0) <= UNDERFLOW * (values[count + row] ?? 0);
  const all = labels.map((_, row) => row);
  const flat = all.filter(isFlat).length;
  const saturated = all.filter((row) => !isFlat(row) && isBlind(row)).length;
  return {
    raised: flat > CHANCE * count,
    reason:
      `The gradient of the logit margin is zero at ${selectShards(flat, count)}; more than ${CHANCE * 100} % would mean that attacks along ` +
      `gradients stand still. At ${saturated} others that of the cross entropy is zero in float32, which attacks elsewhere may follow.`,
  };
}
