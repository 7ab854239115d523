import { abs, add, cast, logSumExp, max, mul, neg, oneHot, relu, softplus, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Losses of logits z [n, k] and labels y [n] (int32, 0 … k − 1), one value per example. Negative LM means correctly classified. */
export const LOSS_NAMES = ['ce', 'lm', 'slm', 'cw'] as const;
export type LossName = (typeof LOSS_NAMES)[number];
export type Loss = (logits: Tensor2D, labels: Tensor1D) => Tensor1D;

/** So low that e^(z − max z) is 0 in float32, and finite, so that no gradient becomes ∞ − ∞. */
const EXCLUDED = -1e30;

/** The shift that keeps CW's gradient alive while the logit margin is above −50. */
const CW_CONFIDENCE = 50;

/** z with the labelled class excluded, and z_y. */
function split(logits: Tensor2D, labels: Tensor1D): { others: Tensor2D; own: Tensor1D } {
  const isOwn = cast(oneHot(labels, logits.shape[1]), 'float32');
  return { others: add(logits, mul(isOwn, EXCLUDED)), own: sum(mul(logits, isOwn), 1) };
}

/** Logit margin loss LM = max_{j≠y} z_j − z_y (paper, section 2). */
export const logitMargin: Loss = (logits, labels) => {
  const { others, own } = split(logits, labels);
  return sub(max(others, 1), own);
};

/** Soft logit margin loss SLM = log Σ_{j≠y} exp z_j − z_y ≥ LM: where it crosses zero, LM has not yet (paper, section 2). */
export const softLogitMargin: Loss = (logits, labels) => {
  const { others, own } = split(logits, labels);
  return sub(logSumExp(others, 1), own);
};

/** Cross entropy CE = log(1 + exp SLM): the direction of SLM's gradient, with weight σ(SLM). */
export const crossEntropy: Loss = (logits, labels) => softplus(softLogitMargin(logits, labels));

/** CW = max(LM + 50, 0). */
export const carliniWagner: Loss = (logits, labels) => relu(add(logitMargin(logits, labels), CW_CONFIDENCE));

/** How far above zero, relative to the logits, a margin must be for another implementation's rounding not to undo it. */
const ROUNDING = 1e-5;

/** L − 10⁻⁵ (1 + max |z|): not negative only where L is so by more than rounding may undo. */
export const beyondRounding =
  (loss: Loss): Loss =>
  (logits, labels) =>
    sub(loss(logits, labels), mul(add(max(abs(logits), 1), 1), ROUNDING));

/** The loss of reaching a class instead of leaving it: −L, with t in place of y. */
export const targeted =
  (loss: Loss): Loss =>
  (logits, targets) =>
    neg(loss(logits, targets));

const LOSSES: Readonly<Record<LossName, Loss>> = {
  ce: crossEntropy,
  lm: logitMargin,
  slm: softLogitMargin,
  cw: carliniWagner,
};

/** The loss of a name. */
export function lossOf(name: LossName): Loss {
  return LOSSES[name];
}
