import type { ModelSelector } from '../../client/models.js';

/** Which version an argument means: a number is a version, anything else an alias, nothing the champion. */
export function parseSelector(text: string | undefined): Pick<ModelSelector, 'version' | 'alias'> {
  if (text === undefined) return {};
  return /^\d+$/.test(text) ? { version: Number(text) } : { alias: text };
}
