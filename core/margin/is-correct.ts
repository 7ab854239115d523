import { argMax, cast, equal } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Whether argmax_j z_j is the label, [n] bool; ties: lowest index, as in `largestLogit` on the host.
 *
 * @param logits z, [n, k]
 * @param labels y, [n] int32
 */
export const isCorrect = (logits: Tensor2D, labels: Tensor1D): Tensor1D =>
  equal(cast(argMax(logits, 1), 'int32'), labels);
