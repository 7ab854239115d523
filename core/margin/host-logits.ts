import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DomainError } from '../errors.js';

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

/** argmax_j z_j, the first of equals. */
export function largestLogit(logits: Float32Array): number {
  return logits.reduce((best, value, index) => (value > (logits[best] ?? -Infinity) ? index : best), 0);
}

/** LM = max_{j≠y} z_j − z_y. */
export function logitMarginOf(logits: Float32Array, label: number): number {
  const largest = logits.reduce((best, value, index) => (index === label ? best : Math.max(best, value)), -Infinity);
  return largest - (logits[label] ?? NaN);
}
