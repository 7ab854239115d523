import { z } from 'zod';
import { DomainError } from '../../core/errors.js';
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
  if (value === undefined) return undefined;
  const parsed = trainingHistorySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problem = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  throw new DomainError('data-loss', `${name} ${version}: training history: ${problem}`);
}
