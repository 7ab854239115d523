import { abs, add, div, logSumExp, max, mul, neg, relu, reshape, softplus, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { logitMargin } from './logit-margin.js';
import { logitRatio } from './logit-ratio.js';
import { EXCLUDED, isClass, pick, type Loss } from './loss.js';

export { logitMargin } from './logit-margin.js';
export type { Loss } from './loss.js';

/** Losses of logits z [n, k ≥ 2] and labels y [n] (int32, 0 … k − 1), one value per example. Negative LM means correctly classified. */
export const LOSS_NAMES = ['ce', 'lm', 'slm', 'cw', 'dlr'] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** The shift that keeps CW's gradient alive while the logit margin is above −50. */
export const CW_CONFIDENCE = 50;

/**
 * How far above zero, relative to the logits, a loss must be for another implementation's rounding not to undo it: ten times what two float32
 * implementations of a LeNet or a WRN differ by.
 */
const ROUNDING = 5e-6;

/** Soft logit margin loss SLM = log Σ_{j≠y} exp z_j − z_y ≥ LM: where it crosses zero, LM has not yet (paper, section 2). */
export const softLogitMargin: Loss = (logits, labels) => {
  const own = isClass(labels, logits.shape[1]);
  return sub(logSumExp(add(logits, mul(own, EXCLUDED)), 1), pick(logits, own));
};

/**
 * The soft logit margin over some rivals, as sharp as asked for: (1/β) log Σ_{j∈A} exp(β z_j) − z_y. It is SLM where A holds all classes but y
 * and β = 1, LM where β → ∞, z_a − z_y where A = {a}.
 *
 * @param rivals A as [n, k] float32: 1 in A, 0 outside; not empty, without y
 * @param sharpness β > 0, [n]
 */
export const softMarginOver =
  (rivals: Tensor2D, sharpness: Tensor1D): Loss =>
  (logits, labels) => {
    const sharp = mul(logits, reshape(sharpness, [-1, 1]));
    const softMaximum = div(logSumExp(add(sharp, mul(sub(1, rivals), EXCLUDED)), 1), sharpness);
    return sub(softMaximum, pick(logits, isClass(labels, logits.shape[1])));
  };

/** Cross entropy CE = log(1 + exp SLM): the direction of SLM's gradient, with weight σ(SLM). */
export const crossEntropy: Loss = (logits, labels) => softplus(softLogitMargin(logits, labels));

/** CW = max(LM + 50, 0). */
export const carliniWagner: Loss = (logits, labels) => relu(add(logitMargin(logits, labels), CW_CONFIDENCE));

/** −L with the class t to reach in place of y: LM becomes z_t − max_{j≠t} z_j, positive where the answer is t. */
export const reaching =
  (loss: Loss): Loss =>
  (logits, targets) =>
    neg(loss(logits, targets));

/** L − 5·10⁻⁶ (1 + maxⱼ |zⱼ|): not negative only where L is positive beyond what another implementation's rounding may undo. */
export const beyondRounding =
  (loss: Loss): Loss =>
  (logits, labels) =>
    sub(loss(logits, labels), mul(add(max(abs(logits), 1), 1), ROUNDING));

const LOSSES: Readonly<Record<LossName, Loss>> = {
  ce: crossEntropy,
  lm: logitMargin,
  slm: softLogitMargin,
  cw: carliniWagner,
  dlr: logitRatio,
};

/** The loss of a name. */
export function lossOf(name: LossName): Loss {
  return LOSSES[name];
}
