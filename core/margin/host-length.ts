import type { AttackNorm } from './threat-model.js';

/** ‖δ‖ in float64, on the host: what is reported, free of the rounding of an engine's sums. */
export function hostLength(norm: AttackNorm, perturbation: Float32Array): number {
  switch (norm) {
    case 'linf':
      return perturbation.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    case 'l2':
      return Math.sqrt(perturbation.reduce((total, value) => total + value * value, 0));
    case 'l1':
      return perturbation.reduce((total, value) => total + Math.abs(value), 0);
  }
}
