import { DEFAULT_MAX_DISTANCE, type Norm } from '../core/margin/threat-model.js';
import type { Manifest } from '../core/registry/manifest.js';

/** d_max for margins of a model in a norm: its own in the norm that it was trained for. */
export function maxDistanceFor({ threatModel }: Manifest, norm: Norm): number {
  return norm === threatModel.norm ? threatModel.maxDistance : DEFAULT_MAX_DISTANCE[norm];
}
