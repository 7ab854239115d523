import { tidy } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../engine/engine.js';
import type { WeightedClassifier } from './attack-steps.js';
import { pointAt } from './box.js';
import { hostLength } from './host-length.js';
import { largestLogit, readLogits } from './host-logits.js';
import type { ThreatModel } from './threat-model.js';

/** Where a perturbation leads, on the host. */
export interface Verified {
  readonly perturbation: Float32Array;
  /** ‖δ‖, in float64. */
  readonly distance: number;
  /** z at clip(x + δ). */
  readonly logits: Float32Array;
}

/**
 * Reads what an attack has found, and classifies the points that it leads to again: no attack's word is taken for it.
 *
 * @param perturbations δ, [n, h, w, c]; disposed, whatever happens
 * @returns one an input
 */
export async function verify(
  classifier: WeightedClassifier,
  weights: TensorMap,
  inputs: Tensor4D,
  perturbations: Tensor4D,
  { norm, bounds }: ThreatModel,
): Promise<readonly Verified[]> {
  try {
    const values = (await perturbations.data()) as Float32Array;
    const { rows } = await readLogits(tidy(() => classifier(weights, pointAt(inputs, perturbations, bounds))));
    const size = values.length / rows.length;
    return rows.map((logits, row) => {
      const perturbation = values.subarray(row * size, (row + 1) * size);
      return { perturbation, distance: hostLength(norm, perturbation), logits };
    });
  } finally {
    perturbations.dispose();
  }
}

/** Whether a perturbation leads to another answer than a class, and is no longer than it may be. */
export const isAdversarial = ({ logits, distance }: Verified, label: number, maxDistance: number): boolean =>
  largestLogit(logits) !== label && distance <= maxDistance;
