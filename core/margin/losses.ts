import { abs, add, div, logSumExp, max, min, mul, neg, relu, reshape, softplus, sub } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { logitMargin } from './logit-margin.js';
import { logitRatio } from './logit-ratio.js';
import { EXCLUDED, isClass, pick, type Loss } from './loss.js';
import { SPACING } from './scaling.js';

export { logitMargin } from './logit-margin.js';
export type { Loss } from './loss.js';

/** Losses of logits z [n, k ≥ 2] and labels y [n] (int32, 0 … k − 1), one value per example. Negative LM means correctly classified. */
export const LOSS_NAMES = ['ce', 'lm', 'slm', 'cw', 'dlr'] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** The shift that keeps CW's gradient alive while the logit margin is above −50. */
const CW_CONFIDENCE = 50;

/** What two float32 implementations of a LeNet or a WRN differ by is a tenth of this fraction of the spread of the logits. */
const ROUNDING = 5e-6;

/** Two spacings of float32 at v, as a fraction of |v|: each of two logits may be rounded otherwise by one. */
const TWO_SPACINGS = 2 * SPACING;

/** Less than any difference of logits: equal logits are no success, not even where all of them are 0. */
const TINY = 1e-30;

/** z_j − z_y, [n, k]: exact where the two are near each other, so that a constant added to all logits costs no precision here. */
const relativeTo = (logits: Tensor2D, own: Tensor2D): Tensor2D => sub(logits, reshape(pick(logits, own), [-1, 1]));

/** Soft logit margin loss SLM = log Σ_{j≠y} exp z_j − z_y ≥ LM: where it crosses zero, LM has not yet (paper, section 2). */
export const softLogitMargin: Loss = (logits, labels) => {
  const own = isClass(labels, logits.shape[1]);
  return sub(logSumExp(add(logits, mul(own, EXCLUDED)), 1), pick(logits, own));
};

/**
 * The soft logit margin over some rivals, as sharp as asked for: (1/β) log Σ_{j∈A} exp β(z_j − z_y). It is SLM where A holds all classes but y
 * and β = 1, LM where β → ∞, z_a − z_y where A = {a}.
 *
 * @param rivals A as [n, k] float32: 1 in A, 0 outside; not empty, without y
 * @param sharpness β > 0, [n]
 */
export const softMarginOver =
  (rivals: Tensor2D, sharpness: Tensor1D): Loss =>
  (logits, labels) => {
    const differences = relativeTo(logits, isClass(labels, logits.shape[1]));
    const sharp = mul(differences, reshape(sharpness, [-1, 1]));
    return div(logSumExp(add(sharp, mul(sub(1, rivals), EXCLUDED)), 1), sharpness);
  };

/**
 * L(β (z − z_y)): a loss that depends on differences of logits alone, of logits brought to the spread that it is made for.
 *
 * @param sharpness β > 0, [n] (see sharpness.ts)
 */
export const sharpened =
  (loss: Loss, sharpness: Tensor1D): Loss =>
  (logits, labels) => {
    const differences = relativeTo(logits, isClass(labels, logits.shape[1]));
    return loss(mul(differences, reshape(sharpness, [-1, 1])), labels);
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

/** max z − min z, [n]. */
export const spreadOf = (logits: Tensor2D): Tensor1D => sub(max(logits, 1), min(logits, 1));

/**
 * By how much another implementation may round a difference of two logits otherwise, [n]:
 *
 *     5·10⁻⁶ (max z − min z) + 2 · 2⁻²³ maxⱼ |zⱼ|
 *
 * The first term is of what the classifier computes, which scales with the logits; the second is two spacings of float32 at their size, and alone
 * grows where a constant is added to all of them.
 */
export const roundingAllowance = (logits: Tensor2D): Tensor1D =>
  add(mul(spreadOf(logits), ROUNDING), mul(max(abs(logits), 1), TWO_SPACINGS));

/** L less the allowance for rounding: not negative only where L is positive beyond what another implementation's rounding may undo. */
export const beyondRounding =
  (loss: Loss): Loss =>
  (logits, labels) =>
    sub(loss(logits, labels), add(roundingAllowance(logits), TINY));

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

/**
 * What is ascended in place of a loss: one whose gradient has the same direction wherever the loss's own is not zero, and which is never lost.
 *
 *     CE = log(1 + exp SLM):   ∇CE = σ(SLM) ∇SLM, and σ(SLM) is 0 in float32 where the answer is sure; SLM is ascended
 *     CW = max(LM + 50, 0):    ∇CW is 0 where LM < −50; LM is ascended
 *
 * Steps of a norm's steepest ascent depend on the direction alone.
 */
const ASCENDED: Readonly<Record<LossName, Loss>> = { ...LOSSES, ce: softLogitMargin, cw: logitMargin };

/** What is ascended where a loss of a name is. */
export function ascendedLossOf(name: LossName): Loss {
  return ASCENDED[name];
}
