import { grad, sum, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss } from '../../core/margin/losses.js';

/** ∂L/∂z by central differences of a definition. */
export function differences(definition: (z: readonly number[]) => number, z: readonly number[]): number[] {
  const h = 1e-5;
  return z.map((_, j) => {
    const at = (step: number) => definition(z.map((value, i) => (i === j ? value + step : value)));
    return (at(h) - at(-h)) / (2 * h);
  });
}

/** A loss of rows of logits, and ∂ΣL/∂z, one row after the other. */
export function evaluate(
  loss: Loss,
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): { values: number[]; gradients: number[] } {
  return tidy(() => {
    const logits = tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0]);
    const classes: Tensor1D = tensor1d([...labels], 'int32');
    const values = loss(logits, classes).dataSync();
    const gradients = grad((z) => sum(loss(z as Tensor2D, classes)))(logits).dataSync();
    return { values: [...values], gradients: [...gradients] };
  });
}
