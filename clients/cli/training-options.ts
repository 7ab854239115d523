import { Option } from 'commander';
import type { Command } from 'commander';
import { DomainError } from '../../core/errors.js';
import { checked } from '../../core/field.js';
import type { JobSpec } from '../../trainer/jobs/job-spec.js';
import { PRESETS } from '../../trainer/jobs/presets/presets.js';
import { TRAINING_SPEC } from '../../trainer/jobs/training-spec.js';
import { defaultWords, settablesOf, type Settable } from '../../trainer/mma/hyperparameter.js';
import type { TrainingSpec } from '../client/training-spec.js';
import { architectureSpec } from './network-files.js';
import { CommandFailure } from './report-failure.js';

/** What is set of a training, by the names of its options. */
export type TrainingOptions = Readonly<Record<string, unknown>>;

const SETTABLES = settablesOf(TRAINING_SPEC);

/** An option in words: `attack iterations`. */
export const optionWords = ({ option }: Pick<Settable, 'option'>): string =>
  option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What a spec says of an option; undefined: nothing. */
export const valueIn = (spec: JobSpec, { path, rule }: Settable): unknown =>
  rule !== undefined && rule !== spec.training.optimizer.rule
    ? undefined
    : path.reduce((at: unknown, name) => (at as TrainingOptions | undefined)?.[name], { ...spec.training, ...spec });

const flagOf = ({ option }: Pick<Settable, 'option'>): string => `--${optionWords({ option }).replaceAll(' ', '-')}`;

export function withTrainingOptions(command: Command): Command {
  for (const each of SETTABLES) {
    const { field, help } = each.row;
    const flags = field.placeholder === '' ? flagOf(each) : `${flagOf(each)} <${field.placeholder}>`;
    const names = field.names === undefined ? '' : `: ${field.names.join(', ')}`;
    const option = new Option(flags, `${help}${names} (default: ${defaultWords(each.row)})`);
    command.addOption(field.placeholder === '' ? option : option.argParser((text: string) => read(each, text)));
  }
  return command;
}

/** @throws CommandFailure `--steps: expected …, got …` */
function read(settable: Settable, text: string): unknown {
  try {
    return checked(settable.row.field, flagOf(settable), text);
  } catch (error) {
    if (error instanceof DomainError) throw new CommandFailure(error.message, 2, { cause: error });
    throw error;
  }
}

/** What a trainer is asked for. @throws CommandFailure if a file of an architecture cannot be read, or an optimizer does not take what is set */
export function trainingSpec(options: TrainingOptions): TrainingSpec {
  const set = SETTABLES.filter(({ option }) => options[option] !== undefined);
  const spec: Record<string, unknown> = {};
  for (const { option, path } of set) assign(spec, path, options[option]);
  const { model, preset, dataset, architecture, sizes } = options;
  return {
    ...spec,
    model: (model ?? preset ?? dataset ?? 'digits') as string,
    architecture: architectureSpec(architecture as string | undefined, sizes as number[] | undefined),
    optimizer: { ...(spec['optimizer'] as TrainingSpec['optimizer']), rule: ruleOf(set, options) },
  } as TrainingSpec;
}

function assign(target: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) target[first] = value;
  else assign((target[first] ??= {}) as Record<string, unknown>, rest, value);
}

/**
 * The optimizer that is asked for, or that of the preset where something is set that this one alone takes: that must not change the optimizer,
 * and its learning rate a thousandfold.
 */
function ruleOf(set: readonly Settable[], { optimizer, preset, ...options }: TrainingOptions): unknown {
  const own = set.filter(({ rule }) => rule !== undefined);
  const present = optimizer ?? PRESETS.get(String(preset))?.optimizer?.rule ?? TRAINING_SPEC.optimizer.rule.byDefault;
  const wrong = own.find(({ rule }) => rule !== present);
  if (wrong === undefined) return own.length === 0 ? optimizer : present;
  const expected =
    optimizer === undefined ? `--optimizer ${wrong.rule ?? ''} beside it` : `none for optimizer ${optimizer as string}`;
  throw new CommandFailure(`${flagOf(wrong)}: expected ${expected}, got ${String(options[wrong.option])}`, 2);
}
