import type { Command } from 'commander';
import type { ModelSelector } from '../client/models.js';
import { parseModel } from './models/selector.js';
import { integer } from './option-types.js';
import { CommandFailure } from './report-failure.js';

export interface ModelOptions {
  readonly model?: string;
  readonly modelVersion?: number;
  readonly alias?: string;
}

/** Adds the options that say which version of which model is asked. */
export function withModel(command: Command): Command {
  return command
    .option(
      '--model <name>',
      "which model, its version or alias after @: digits@2 (default: the server's default model, else the only one there is)",
    )
    .option('--model-version <n>', 'which version (default: the champion)', integer(1))
    .option('--alias <alias>', 'the version of an alias, such as challenger');
}

/** @throws CommandFailure if the version is said twice */
export function modelSelector({ model, modelVersion, alias }: ModelOptions): ModelSelector {
  const named = model === undefined ? {} : parseModel(model);
  const ways = [named.version ?? named.alias, modelVersion, alias].filter((each) => each !== undefined);
  if (ways.length > 1)
    throw new CommandFailure(
      '--model NAME@VERSION, --model-version, --alias: expected one of them, got more than one',
      2,
    );
  return {
    ...named,
    ...(modelVersion !== undefined && { version: modelVersion }),
    ...(alias !== undefined && { alias }),
  };
}

/** What a class is called; its number where the model has no name for it. */
export function className(labels: readonly string[], index: number | undefined): string {
  return index === undefined ? '–' : (labels[index] ?? String(index));
}
