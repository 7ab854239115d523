import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry } from '../../core/registry/open-registry.js';
import type { Publication, Registry } from '../../core/registry/registry.js';

/** A registry in a directory of its own. */
export interface TemporaryRegistry extends Registry {
  /** Publishes a version and makes `champion` point to it. */
  crown(name: string, publication: Publication): Promise<number>;
  remove(): Promise<void>;
}

export async function temporaryRegistry(): Promise<TemporaryRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'maxmargin-registry-'));
  const registry = await openRegistry(directory);
  return {
    ...registry,
    crown: async (name, publication) => {
      const version = await registry.publish(name, publication);
      await registry.setAlias(name, 'champion', version);
      return version;
    },
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 10 }),
  };
}
