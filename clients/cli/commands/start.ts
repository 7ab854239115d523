import { Option } from 'commander';
import type { Command } from 'commander';
import { ENGINE_CHOICES } from '../../../core/engine/engine.js';
import { integer } from '../option-types.js';
import { command } from '../../../host/config/command.js';
import { withOutput } from '../shared-options.js';
import type { OutputOptions } from '../shared-options.js';
import type { StartOptions } from '../start/start.js';
import { firstModelSpec } from '../start/first-model-spec.js';

type Options = OutputOptions & Omit<StartOptions, 'firstModel'> & { readonly firstModel: string };

/** `maxmargin start`: everything at once, on this machine. */
export function startCommand(): Command {
  const start = command('start', 'Train a first model if there is none, serve it, and show the margins of ten images');
  return withOutput(start, 'maxmargin start\nmaxmargin start --once --port-base 0 --registry /tmp/registry')
    .option('--once', 'end once the answers have been verified, with exit code 0 if all were')
    .option('--registry <dir>', 'where models are published', './registry')
    .option('--jobs <dir>', 'where training jobs are kept', './jobs')
    .option('--data <dir>', 'where data sets are', './data')
    .option('--logs <dir>', "where the services' logs go", './logs')
    .addOption(new Option('--engine <engine>', 'what runs the numerics').choices(ENGINE_CHOICES).default('auto'))
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option(
      '--port-base <port>',
      'listen on four ports from here, 0: on free ones (default: 50051 and 50052, metrics on 8081 and 8082)',
      integer(0),
    )
    .option('--first-model <json>', 'settings of maxmargin train for the first model, such as {"steps": 500}', '{}')
    .action(async (options: Options) => {
      const { start: run } = await import('../start/start.js');
      await run({ ...options, firstModel: firstModelSpec(options.firstModel) });
    });
}
