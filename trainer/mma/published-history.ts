import { checked } from '../../core/checked-json.js';
import type { Registry } from '../../core/registry/registry.js';
import { trainingHistorySchema, type TrainingHistory } from './training-history.js';

/**
 * How a published version was trained.
 *
 * @returns undefined where that is not known: it was imported, or published without it
 * @throws not-found; data-loss
 */
export async function publishedHistory(
  registry: Pick<Registry, 'history'>,
  name: string,
  version: number,
): Promise<TrainingHistory | undefined> {
  const value = await registry.history(name, version);
  return value === undefined
    ? undefined
    : checked(value, trainingHistorySchema, `${name} ${version}: training history: `);
}
