import { DomainError } from '../errors.js';
import type { Registry } from './registry.js';

export const CHAMPION = 'champion';

/**
 * Makes a version champion if the model has none yet: of several that are published at once, one becomes it.
 *
 * @returns whether it has
 */
export async function makeFirstChampion(registry: Registry, name: string, version: number): Promise<boolean> {
  if ((await registry.model(name)).aliases[CHAMPION] !== undefined) return false;
  try {
    await registry.setAlias(name, CHAMPION, version, 0);
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'aborted') return false;
    throw error;
  }
}
