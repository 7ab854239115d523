import type { ModelSelector } from '../../client/models.js';

/** Which version an argument means: a number is a version, anything else an alias, nothing the champion. */
export function parseSelector(text: string | undefined): Pick<ModelSelector, 'version' | 'alias'> {
  if (text === undefined) return {};
  return /^\d+$/.test(text) ? { version: Number(text) } : { alias: text };
}

/** A model's name with its version or alias: `digits`, `digits@3`, `digits@challenger`. */
export function parseModel(text: string): ModelSelector {
  const at = text.indexOf('@');
  return at < 0 ? { name: text } : { name: text.slice(0, at), ...parseSelector(text.slice(at + 1)) };
}
