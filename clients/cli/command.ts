import { Command } from 'commander';

/** A command that throws instead of ending the process, with the shared look of help. */
export function command(name: string, summary: string): Command {
  return new Command(name).description(summary).exitOverride().showHelpAfterError('(add --help for more)');
}
