import { add, argMax, mul, sub } from '@tensorflow/tfjs-core';
import { EXCLUDED, isClass, pick, type Loss } from './loss.js';

/**
 * Logit margin loss LM = max_{j≠y} z_j − z_y (paper, section 2).
 *
 * Where several classes tie for the maximum, the gradient is that of the first: of max itself it would be the sum of all theirs.
 */
export const logitMargin: Loss = (logits, labels) => {
  const count = logits.shape[1];
  const own = isClass(labels, count);
  const rival = isClass(argMax(add(logits, mul(own, EXCLUDED)), 1), count);
  return sub(pick(logits, rival), pick(logits, own));
};
