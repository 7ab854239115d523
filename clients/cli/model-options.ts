import type { Command } from 'commander';
import type { ModelSelector } from '../client/models.js';
import { integer } from './option-types.js';

export interface ModelOptions {
  readonly model?: string;
  readonly modelVersion?: number;
  readonly alias?: string;
}

/** Adds the options that say which version of which model is asked. */
export function withModel(command: Command): Command {
  return command
    .option('--model <name>', 'which model (default: the only one there is)')
    .option('--model-version <n>', 'which version (default: the champion)', integer(1))
    .option('--alias <alias>', 'the version of an alias, such as challenger');
}

export function modelSelector(options: ModelOptions): ModelSelector {
  return { name: options.model, version: options.modelVersion, alias: options.alias };
}

/** What a class is called; its number where the model has no name for it. */
export function className(labels: readonly string[], index: number | undefined): string {
  return index === undefined ? '–' : (labels[index] ?? String(index));
}
