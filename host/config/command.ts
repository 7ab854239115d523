import { Command, Option } from 'commander';
import { nearest } from '../../core/nearest-names.js';

/** A command that throws instead of ending the process, with the shared look of help. */
export function command(name: string, summary: string): Command {
  return new OrderedCommand(name).description(summary).exitOverride().showHelpAfterError('(add --help for more)');
}

/** An option that complains itself of a value that is wrong, or not there. */
export class CheckedOption extends Option {
  constructor(
    flags: string,
    help: string,
    readonly check: (said: string | undefined) => unknown,
  ) {
    super(flags, help);
    this.argParser((said: string) => check(said));
  }
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
    const wrong = this.#passesOn || this.commands.length > 0 ? -1 : this.#firstWrong(argv);
    if (wrong < 0) return super.parseOptions(argv);
    // The options before it are read first, since their values may be wrong.
    super.parseOptions(argv.slice(0, wrong));
    const flag = argv[wrong] ?? '';
    const known = this.options.find(({ short, long }) => flag === short || flag === long);
    if (known instanceof CheckedOption) known.check(undefined);
    const meant = nearest(
      flag.split('=')[0] ?? flag,
      this.options.map(({ long, short }) => long ?? short ?? ''),
    );
    const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`;
    return this.error(`error: unknown option '${flag}'${hint}`, { code: 'commander.unknownOption' });
  }

  /** @returns −1 if there is none, or if help is asked for, which comes before all errors */
  #firstWrong(argv: readonly string[]): number {
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
      if (separate && i + 1 === args.length && option instanceof CheckedOption) return i;
      if (separate) i++;
    }
    return -1;
  }
}
