import { z } from 'zod';
import type { Model, ModelVersion } from '../../client/models.js';

const manifestSchema = z.object({ parentVersion: z.int().positive().optional() });

/**
 * Where a rollback leads: to the version that was champion when the present one was published, so that a version that had been rolled back
 * before is skipped; or, if that is not known or was deleted, to the next lower version that is still there.
 *
 * @returns undefined if there is none
 */
export function previousVersion(model: Model, current: ModelVersion): number | undefined {
  const versions = model.versions.map(({ version }) => version);
  const parent = manifestSchema.safeParse(current.manifest).data?.parentVersion;
  if (parent !== undefined && versions.includes(parent)) return parent;
  const lower = versions.filter((version) => version < current.version);
  return lower.length === 0 ? undefined : Math.max(...lower);
}
