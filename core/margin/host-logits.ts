import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DomainError } from '../errors.js';
import { SPACING } from './scaling.js';

/** Logits on the host, one row an example. */
export interface HostLogits {
  readonly classes: number;
  readonly rows: readonly Float32Array[];
}

/**
 * Reads logits [n, k], and disposes them.
 *
 * @throws internal if one is not finite: no class is the largest then
 */
export async function readLogits(logits: Tensor2D): Promise<HostLogits> {
  const [count, classes] = logits.shape;
  let values: Float32Array;
  try {
    values = (await logits.data()) as Float32Array;
  } finally {
    logits.dispose();
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DomainError(
      'internal',
      `logits[${Math.floor(bad / classes)}]: expected finite numbers from the model, got ${String(values[bad])}`,
    );
  }
  const rows = Array.from({ length: count }, (_, row) => values.subarray(row * classes, (row + 1) * classes));
  return { classes, rows };
}

/**
 * Two logits that are no further apart than so many spacings of float32 at the largest |z| count as unresolved: each is rounded by up to half of one,
 * and what attacks look for lies two or three beyond (`roundingAllowance`).
 */
const RESOLVED_SPACINGS = 16;

/** argmax_j z_j, the answer; ties: lowest index. */
export function largestLogit(logits: Float32Array): number {
  return logits.reduce((best, value, index) => (value > (logits[best] ?? -Infinity) ? index : best), 0);
}

/** Whether float32 cannot tell the two largest logits apart: their difference is at most 16 spacings of float32 at the largest |z|. */
export function isUnresolved(logits: Float32Array): boolean {
  const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return -logitMarginOf(logits, largestLogit(logits)) <= RESOLVED_SPACINGS * SPACING * largest;
}

/** LM = max_{j≠y} z_j − z_y. */
export function logitMarginOf(logits: Float32Array, label: number): number {
  const largest = logits.reduce((best, value, index) => (index === label ? best : Math.max(best, value)), -Infinity);
  return largest - (logits[label] ?? NaN);
}
