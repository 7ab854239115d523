import { Command } from 'commander';
import { nearest } from '../../core/nearest-names.js';

/** A command that throws instead of ending the process, with the shared look of help. */
export function command(name: string, summary: string): Command {
  return new OrderedCommand(name).description(summary).exitOverride().showHelpAfterError('(add --help for more)');
}

/**
 * Complains of the first wrong option. By itself the library complains of a wrong value before a misspelt option that precedes it, and of a required
 * option as missing that is there, misspelt.
 */
class OrderedCommand extends Command {
  #passesOn = false;

  override allowUnknownOption(allow = true): this {
    this.#passesOn = allow;
    return super.allowUnknownOption(allow);
  }

  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const unknown = this.#passesOn || this.commands.length > 0 ? -1 : this.#firstUnknown(argv);
    if (unknown < 0) return super.parseOptions(argv);
    // The options before it are read first, since their values may be wrong.
    super.parseOptions(argv.slice(0, unknown));
    const flag = argv[unknown] ?? '';
    const meant = nearest(
      flag.split('=')[0] ?? flag,
      this.options.map(({ long, short }) => long ?? short ?? ''),
    );
    const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`;
    return this.error(`error: unknown option '${flag}'${hint}`, { code: 'commander.unknownOption' });
  }

  /** @returns −1 if there is none, or if help is asked for, which comes before all errors */
  #firstUnknown(argv: readonly string[]): number {
    const end = argv.indexOf('--');
    const args = end < 0 ? argv : argv.slice(0, end);
    if (args.includes('--help') || args.includes('-h')) return -1;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? '';
      if (!/^-[^\d.]/.test(arg)) continue;
      const flag = arg.startsWith('--') ? (arg.split('=')[0] ?? arg) : arg.slice(0, 2);
      const option = this.options.find(({ short, long }) => flag === short || flag === long);
      if (option === undefined) return i;
      const separate = flag === arg && (option.required || (option.optional && !(args[i + 1] ?? '-').startsWith('-')));
      if (separate) i++;
    }
    return -1;
  }
}
