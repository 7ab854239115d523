import { lessEqual, logicalAnd, logicalOr, mul, ones, where, zeros } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../box.js';

/** The shortest perturbations known to succeed; batched. */
export type Nearest = {
  /** b, [n, h, w, c]; 0 if none is known. */
  readonly best: Tensor4D;
  /** ‖b‖, [n]; the largest length that counts if none is known. */
  readonly bestLengths: Tensor1D;
  /** Whether one is known, [n] bool. */
  readonly found: Tensor1D;
};

/** Nothing known yet, up to a length; the caller disposes it. */
export function nothingFound(inputs: Tensor4D, maxLength: Scalar): Nearest {
  const count = inputs.shape[0];
  return { best: zeros(inputs.shape), bestLengths: mul(maxLength, ones([count])), found: zeros([count], 'bool') };
}

/** What is best once δ with its length and success is known too. */
export function keepShorter(known: Nearest, perturbations: Tensor4D, lengths: Tensor1D, success: Tensor1D): Nearest {
  const shorter: Tensor1D = logicalAnd(success, lessEqual(lengths, known.bestLengths));
  const best: Tensor4D = where(perExample(shorter), perturbations, known.best);
  const bestLengths: Tensor1D = where(shorter, lengths, known.bestLengths);
  const found: Tensor1D = logicalOr(known.found, shorter);
  return { best, bestLengths, found };
}
