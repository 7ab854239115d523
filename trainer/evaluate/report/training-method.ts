import { normName } from './comparison.js';
import type { DistanceUnit } from './distance-unit.js';
import { count } from './numbers.js';

/**
 * How a member was trained, in a few words, as far as its origin says it: `mma, ℓ∞, d_max 0.45, 1,500 steps of 50`.
 *
 * @param origin what a manifest says; anything at all, as it comes from a file
 */
export function trainingMethod(origin: unknown, unit: DistanceUnit): string | undefined {
  const kind = field(origin, 'kind');
  if (kind === 'imported') return ['imported', text(field(origin, 'format'))].filter(isText).join(' from ');
  const configuration = field(origin, 'configuration');
  const training = field(configuration, 'training') ?? configuration;
  const method = text(field(training, 'method'));
  if (method === undefined) return undefined;
  const norm = text(field(training, 'norm'));
  const number = (name: string): number | undefined => {
    const value = field(training, name);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  const maxDistance = number('maxDistance');
  const epsilon = number('epsilon');
  const [steps, batch] = [number('steps'), number('batchSize')];
  return [
    method,
    norm === undefined ? undefined : normName(norm),
    method.includes('mma') && maxDistance !== undefined ? `d_max ${unit.epsilon(maxDistance)}` : undefined,
    epsilon === undefined ? undefined : `ε ${unit.epsilon(epsilon)}`,
    steps === undefined ? undefined : `${count(steps)} steps${batch === undefined ? '' : ` of ${count(batch)}`}`,
  ]
    .filter(isText)
    .join(', ');
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
