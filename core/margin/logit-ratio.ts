import { add, argMax, div, maximum, mul, neg, sub, zerosLike } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { logitMargin } from './logit-margin.js';
import { EXCLUDED, isClass, pick, type Loss } from './loss.js';

/** What is divided by where logits are equal: 0 / 0 is 0 then. */
const TINY = 1e-12;

/** z_π1 ≥ z_π2 ≥ …, the `count` largest logits, [n] each; of equals each counts. There is no sorting: each time the first of the largest is masked. */
function largest(logits: Tensor2D, count: number): Tensor1D[] {
  const classes = logits.shape[1];
  let taken: Tensor2D = zerosLike(logits);
  return Array.from({ length: count }, () => {
    const next = isClass(argMax(add(logits, mul(taken, EXCLUDED)), 1), classes);
    taken = add(taken, next);
    return pick(logits, next);
  });
}

const ratio = (difference: Tensor1D, spread: Tensor1D): Tensor1D => div(difference, maximum(spread, TINY));

/**
 * Difference of logits ratio (Croce and Hein 2020, arXiv:2003.01690, Eq. 6), positive where wrong:
 *
 *     DLR = (max_{j≠y} z_j − z_y) / (z_π1 − z_π3),   z_π1 ≥ z_π2 ≥ … the sorted logits
 *
 * It does not change where logits are shifted or scaled, so that no scale of the logits makes its gradient vanish. Of two classes there is no z_π3,
 * and the difference over z_π1 − z_π2 would be ±1 everywhere: it is not divided then, and is LM.
 */
export const logitRatio: Loss = (logits, labels) => {
  const difference = logitMargin(logits, labels);
  if (logits.shape[1] < 3) return difference;
  const [first, , third] = largest(logits, 3) as [Tensor1D, Tensor1D, Tensor1D];
  return ratio(difference, sub(first, third));
};

/**
 * z_π1 − (z_π3 + z_π4) / 2. Of three classes there is no z_π4, and over z_π1 − z_π3 the difference of the largest and the smallest logit would be ±1
 * everywhere: it is z_π1 − (z_π2 + z_π3) / 2 then, which does not change with shifts either.
 */
function targetedSpread(logits: Tensor2D): Tensor1D {
  const sorted = largest(logits, Math.min(logits.shape[1], 4));
  const [first, last, beforeLast] = [sorted[0], sorted.at(-1), sorted.at(-2)] as [Tensor1D, Tensor1D, Tensor1D];
  return sub(first, mul(add(beforeLast, last), 0.5));
}

/** The same over the spread of targeted losses; of two classes it is not divided. */
const targetedRatio = (difference: Tensor1D, logits: Tensor2D): Tensor1D =>
  logits.shape[1] < 3 ? difference : ratio(difference, targetedSpread(logits));

/**
 * Targeted difference of logits ratio (Croce and Hein 2020, arXiv:2003.01690, Eq. 7): the larger, the nearer to answering t instead of y.
 *
 *     (z_t − z_y) / (z_π1 − (z_π3 + z_π4) / 2)
 *
 * Of two or three classes see the functions above.
 *
 * @param targets t ≠ y, [n] int32
 */
export const logitRatioTowards =
  (targets: Tensor1D): Loss =>
  (logits, labels) => {
    const count = logits.shape[1];
    return targetedRatio(sub(pick(logits, isClass(targets, count)), pick(logits, isClass(labels, count))), logits);
  };

/** The same with the class t to reach in place of y, and the largest of all others as y: positive where the answer is t. */
export const reachingLogitRatio: Loss = (logits, targets) => targetedRatio(neg(logitMargin(logits, targets)), logits);
