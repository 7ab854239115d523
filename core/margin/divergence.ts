import { exp, logSumExp, mul, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** log softmax z, [n, k]. */
const logProbabilities = (logits: Tensor2D): Tensor2D => sub(logits, logSumExp(logits, 1, true));

/**
 * The Kullback-Leibler divergence of answers from others, by example:
 *
 *     KL(p ‖ q) = Σⱼ pⱼ (log pⱼ − log qⱼ)          p = softmax z, q = softmax z'
 *
 * @param from z, [n, k]
 * @param to z', [n, k]
 * @returns [n], at least 0 up to rounding; the caller disposes it
 */
export function klDivergence(from: Tensor2D, to: Tensor2D): Tensor1D {
  const logP = logProbabilities(from);
  return sum(mul(exp(logP), sub(logP, logProbabilities(to))), 1);
}
