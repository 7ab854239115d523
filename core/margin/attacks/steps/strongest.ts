import { fill, greater, greaterEqual, logicalAnd, logicalNot, logicalOr, where, zeros } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perExample } from '../../box.js';

/** Less and more than any loss: where none is known yet. */
export const LEAST = -1e30;
export const MOST = 1e30;

/** The best perturbations of an attack within balls; batched. */
export type Strongest = {
  /** b, [n, h, w, c]: the first that succeeded, or, where none has, the one of the largest loss; 0 before any is tried. */
  readonly best: Tensor4D;
  /** L at x + b, [n]. */
  readonly bestLosses: Tensor1D;
  /** Whether b succeeds, [n] bool. */
  readonly found: Tensor1D;
};

/** Nothing tried yet; the caller disposes it. */
export function nothingTried(inputs: Tensor4D): Strongest {
  const count = inputs.shape[0];
  return { best: zeros(inputs.shape), bestLosses: fill([count], LEAST), found: zeros([count], 'bool') };
}

/** What is best once δ with its loss and success is known too. @param ofEquals which of two equal losses counts as the larger one */
export function keepStronger(
  known: Strongest,
  perturbations: Tensor4D,
  losses: Tensor1D,
  success: Tensor1D,
  ofEquals: 'first' | 'last' = 'first',
): Strongest {
  const open: Tensor1D = logicalNot(known.found);
  const larger: Tensor1D = (ofEquals === 'first' ? greater : greaterEqual)(losses, known.bestLosses);
  const stronger: Tensor1D = logicalAnd(open, logicalOr(success, larger));
  const best: Tensor4D = where(perExample(stronger), perturbations, known.best);
  const bestLosses: Tensor1D = where(stronger, losses, known.bestLosses);
  const found: Tensor1D = logicalOr(known.found, success);
  return { best, bestLosses, found };
}

/** Whether every example has succeeded: a read. */
export const areAllFound = async ({ found }: Strongest): Promise<boolean> => (await found.data()).every(Boolean);
