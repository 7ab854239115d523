import type { Command } from 'commander';
import { runService, SERVICES } from '../run-service.js';
import type { ServiceName } from '../run-service.js';
import { command } from '../../../host/config/command.js';

/** `maxmargin serve …` and `maxmargin trainer …`: a service in the foreground; all arguments, --help included, are the service's own. */
export function serviceCommand(name: ServiceName): Command {
  return command(name, SERVICES[name].summary)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[options...]', 'passed to the service; --help lists them')
    .action(async (options: string[]) => {
      process.exitCode = await runService(name, options);
    });
}
