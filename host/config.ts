import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DomainError, invalidInput, messageOf } from '../core/errors.js';
import { nearest } from '../core/nearest-names.js';

/** One setting: a flag, and an environment variable of the same name. */
export interface Setting<T> {
  /** What stands for the value in the help: `DIR`. */
  readonly placeholder: string;
  readonly help: string;
  /** As it would be written on the command line; undefined: none. */
  readonly fallback: string | undefined;
  /** For people: `an integer from 1 to 64`. */
  readonly expected: string;
  readonly schema: z.ZodType<T, string>;
}

/** The settings of a program, by the name that its configuration gives them: `maxBatch` is `--max-batch` and `MAXMARGIN_MAX_BATCH`. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** What the settings come to. */
export type ConfigOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** A program, for its help. */
export interface Program<S extends Settings> {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly settings: S;
}

/** Any text. */
export function text(placeholder: string, fallback: string, help: string): Setting<string> {
  return { placeholder, help, fallback, expected: 'some text', schema: z.string().min(1) };
}

/** Any text, possibly none. */
export function optionalText(placeholder: string, help: string): Setting<string> {
  return { placeholder, help, fallback: '', expected: 'some text', schema: z.string() };
}

/** Words separated by commas, possibly none. */
export function list(placeholder: string, help: string): Setting<readonly string[]> {
  const schema = z.string().transform((value) => value.split(',').filter((word) => word !== ''));
  return { placeholder, help, fallback: '', expected: 'words separated by commas', schema };
}

/** One of some words. */
export function choice<T extends string>(choices: readonly T[], fallback: T, help: string): Setting<T> {
  const expected = `one of ${choices.join(', ')}`;
  return { placeholder: choices.join('|'), help, fallback, expected, schema: z.enum(choices as readonly [T, ...T[]]) };
}

/** An integer within bounds. */
export function integer(bounds: readonly [number, number], fallback: number, help: string): Setting<number> {
  const [least, most] = bounds;
  const schema = z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));
  return {
    placeholder: 'N',
    help,
    fallback: String(fallback),
    expected: `an integer from ${least} to ${most}`,
    schema,
  };
}

/** A number within bounds. */
export function decimal(bounds: readonly [number, number], fallback: number, help: string): Setting<number> {
  const [least, most] = bounds;
  const schema = z.string().min(1).transform(Number).pipe(z.number().min(least).max(most));
  return { placeholder: 'X', help, fallback: String(fallback), expected: `a number from ${least} to ${most}`, schema };
}

/** HOST:PORT; port 0 takes a free one. */
export function address(fallback: string, help: string): Setting<string> {
  const schema = z.string().refine((value) => {
    const match = /^(?:[^:[\]\s]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(value);
    return match !== null && Number(match[1]) <= 65_535;
  });
  return { placeholder: 'HOST:PORT', help, fallback, expected: 'HOST:PORT, or [IPv6]:PORT', schema };
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const flagOf = (name: string): string => `--${kebab(name)}`;
const variableOf = (name: string): string => `MAXMARGIN_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

/**
 * The configuration that arguments, environment and defaults come to, in this order of precedence.
 *
 * @throws invalid-input naming the flag or variable, what was expected and what came
 */
export function readConfig<S extends Settings>(
  settings: S,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ConfigOf<S> {
  const flags = parseFlags(settings, argv);
  const entries = Object.entries(settings).map(([name, setting]): [string, unknown] => {
    if (flags.has(name)) return [name, flags.get(name)];
    const variable = environment[variableOf(name)];
    const given = variable ?? setting.fallback;
    if (given === undefined) throw invalidInput(flagOf(name), setting.expected, 'nothing');
    return [name, parseSetting(setting, variable === undefined ? flagOf(name) : variableOf(name), given)];
  });
  return Object.fromEntries(entries) as ConfigOf<S>;
}

function parseSetting(setting: Setting<unknown>, source: string, given: string): unknown {
  const parsed = setting.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalidInput(source, setting.expected, JSON.stringify(given));
}

/** What the flags say, by the settings' names. @throws invalid-input of the first that is wrong */
function parseFlags(settings: Settings, argv: readonly string[]): ReadonlyMap<string, unknown> {
  const names = new Map(Object.keys(settings).map((name) => [kebab(name), name]));
  const options = Object.fromEntries([...names.keys()].map((flag) => [flag, { type: 'string' } as const]));
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const values = new Map<string, unknown>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw invalidInput('arguments', 'options alone', JSON.stringify(token.value));
    const name = names.get(token.name) ?? '';
    const setting = settings[name];
    if (setting === undefined) {
      const meant = nearest(token.name, [...names.keys()]);
      const hint = meant === undefined ? '' : ` (did you mean --${meant}?)`;
      throw new DomainError('invalid-input', `unknown option ${token.rawName}${hint}`);
    }
    if (token.value === undefined) throw invalidInput(flagOf(name), setting.expected, 'nothing');
    values.set(name, parseSetting(setting, flagOf(name), token.value));
  }
  return values;
}

/** The help that the settings come to. */
export function helpText(program: Program<Settings>): string {
  const rows = Object.entries(program.settings).map(([name, setting]): [string, string] => {
    const fallback = setting.fallback === undefined || setting.fallback === '' ? '' : ` (default ${setting.fallback})`;
    return [`${flagOf(name)} ${setting.placeholder}`, `${setting.help}${fallback}`];
  });
  rows.push(['--help', 'Show this help.']);
  const width = Math.min(40, Math.max(...rows.map(([flag]) => flag.length)));
  const lines = rows.map(([flag, help]) =>
    flag.length > width ? `  ${flag}\n  ${' '.repeat(width)}  ${help}` : `  ${flag.padEnd(width)}  ${help}`,
  );
  return [
    `Usage: ${program.name} [options]`,
    '',
    program.summary,
    '',
    ...lines,
    '',
    'Every option is read from the environment too: --max-batch is MAXMARGIN_MAX_BATCH.',
    '',
    `Example: ${program.example}`,
    '',
  ].join('\n');
}

/** The configuration of this process; prints help and exits with 0, or what is wrong and exits with 2. */
export function configure<S extends Settings>(program: Program<S>): ConfigOf<S> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(helpText(program));
    process.exit(0);
  }
  try {
    return readConfig(program.settings, argv, process.env);
  } catch (error) {
    process.stderr.write(`${program.name}: ${messageOf(error)}\nTry ${program.name} --help\n`);
    process.exit(2);
  }
}
