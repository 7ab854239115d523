import { CommanderError } from 'commander';
import { invalidInput, messageOf } from '../../core/errors.js';
import { text, type Field } from '../../core/field.js';
import { command } from './command.js';
import {
  formatSettings,
  readSettings,
  SettingError,
  withSettings,
  type Environment,
  type Given,
  type Setting,
  type Settings,
} from './settings.js';

/** A setting that always has a value. */
export interface ServiceSetting<T> extends Setting {
  readonly field: Field<T>;
  readonly byDefault: T;
}

export function setting<T>(field: Field<T>, byDefault: NoInfer<T>, help: string): ServiceSetting<T> {
  return { field, help, byDefault, otherwise: Array.isArray(byDefault) ? byDefault.join(',') : String(byDefault) };
}

/** HOST:PORT; port 0 takes a free one. */
export const address = text('host:port', 'HOST:PORT, or [IPv6]:PORT', (value) => {
  const match = /^(?:[^:[\]\s]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(value);
  return match !== null && Number(match[1]) <= 65_535;
});

/** What the settings come to. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends ServiceSetting<infer T> ? T : never;
};

/** A program, for its help. */
export interface Program<S extends Settings> {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly settings: S;
}

type ServiceSettings = Readonly<Record<string, ServiceSetting<unknown>>>;

const commandOf = ({ name, summary, example, settings }: Program<ServiceSettings>) =>
  withSettings(command(name, summary), settings)
    .addHelpText('after', `\nEvery option is read from the environment too: --max-batch is MAXMARGIN_MAX_BATCH.`)
    .addHelpText('after', `\nExample:\n  ${example}`);

/** The help that the settings come to. */
export const helpText = (program: Program<ServiceSettings>): string => commandOf(program).helpInformation();

/** What a program is told: by arguments, environment, file and defaults, in this order of precedence. */
export interface ReadProgram<S extends Settings> {
  readonly config: ConfigOf<S>;
  /** The configuration and where each of it comes from, if this is what was asked for. */
  readonly printed?: string;
}

/**
 * Reads the configuration of a program.
 *
 * @throws SettingError naming the flag, variable or file, what was expected and what came
 * @throws CommanderError with exit code 0 where help was asked for, which is written then
 */
export function readProgram<S extends ServiceSettings>(
  program: Program<S>,
  argv: readonly string[],
  environment: Environment,
): ReadProgram<S> {
  const read = commandOf(program)
    .allowExcessArguments()
    .configureOutput({ writeErr: () => undefined });
  try {
    read.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error;
    throw new SettingError(new Error(error.message.replace(/^error: /, '').replace('\n', ' '), { cause: error }));
  }
  const [more] = read.args;
  if (more !== undefined) throw new SettingError(invalidInput('arguments', 'options alone', JSON.stringify(more)));
  const options = read.opts<Record<string, unknown>>();
  const given = readSettings(program.settings, options, environment);
  const all = Object.entries(program.settings).map(([name, { byDefault }]): readonly [string, Given] => [
    name,
    given.get(name) ?? { value: byDefault, source: 'default' },
  ]);
  return {
    config: Object.fromEntries(all.map(([name, { value }]) => [name, value])) as ConfigOf<S>,
    ...(options['printConfig'] === true && { printed: formatSettings(all) }),
  };
}

/** The configuration of this process; shows help or the configuration and exits with 0, or says what is wrong and exits with 2. */
export function configure<S extends ServiceSettings>(program: Program<S>): ConfigOf<S> {
  try {
    const { config, printed } = readProgram(program, process.argv.slice(2), process.env);
    if (printed === undefined) return config;
    process.stdout.write(printed);
    process.exit(0);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(0);
    process.stderr.write(`${program.name}: ${messageOf(error)}\nTry ${program.name} --help\n`);
    process.exit(2);
  }
}
