import type { NormGeometry } from './geometry.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import { linf } from './linf.js';
import type { AttackNorm } from './threat-model.js';

const GEOMETRIES: Readonly<Record<AttackNorm, NormGeometry>> = { linf, l2, l1 };

/** The norm in which gradients are measured: ⟨g, u⟩ ≤ ‖g‖_q ‖u‖ₚ. */
export const DUAL_NORM: Readonly<Record<AttackNorm, AttackNorm>> = { linf: 'l1', l2: 'l2', l1: 'linf' };

/** The geometry of a norm. */
export function geometryOf(norm: AttackNorm): NormGeometry {
  return GEOMETRIES[norm];
}
