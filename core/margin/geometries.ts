import type { NormGeometry } from './geometry.js';
import { l2 } from './l2.js';
import { linf } from './linf.js';
import type { Norm } from './threat-model.js';

const GEOMETRIES: Readonly<Record<Norm, NormGeometry>> = { linf, l2 };

/** The geometry of a norm. */
export function geometryOf(norm: Norm): NormGeometry {
  return GEOMETRIES[norm];
}
