import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../core/errors.js';
import { shown } from '../../core/field.js';
import { flagOf, formatSettings, type Given, type Settings } from '../../host/config/settings.js';
import type { JobSpec } from '../../trainer/jobs/job-spec.js';
import { PRESETS } from '../../trainer/jobs/presets/presets.js';
import { contractName, TRAINING_SPEC } from '../../trainer/jobs/training-spec.js';
import { defaultWords, settablesOf, type Settable } from '../../trainer/mma/hyperparameter.js';
import { RequestError } from '../client/request-error.js';
import type { TrainingSpec } from '../client/training-spec.js';
import { architectureSpec } from './network-files.js';
import { CommandFailure } from './report-failure.js';

const SETTABLES = settablesOf(TRAINING_SPEC);

/** An option in words: `attack iterations`. */
export const optionWords = ({ option }: Pick<Settable, 'option'>): string =>
  option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What a spec says of an option; undefined: nothing. */
export const valueIn = (spec: JobSpec, { path, rule }: Settable): unknown =>
  rule !== undefined && rule !== spec.training.optimizer.rule
    ? undefined
    : valueAt({ ...spec.training, ...spec }, path);

const valueAt = (values: unknown, path: readonly string[]): unknown =>
  path.reduce((at, name) => (at as Readonly<Record<string, unknown>> | undefined)?.[name], values);

/** The settings of a training, by the names of their options. */
export const TRAINING_SETTINGS: Settings = Object.fromEntries(
  SETTABLES.map(({ option, row }) => [option, { ...row, otherwise: defaultWords(row) }]),
);

/**
 * What a trainer is asked for.
 *
 * @param given by the names of {@link TRAINING_SETTINGS}
 * @throws CommandFailure if a file of an architecture cannot be read, or an optimizer does not take what is set
 */
export function trainingSpec(given: ReadonlyMap<string, Given>): TrainingSpec {
  const spec: Record<string, unknown> = {};
  for (const { option, path } of SETTABLES) if (given.has(option)) assign(spec, path, given.get(option)?.value);
  const said = (option: string) => given.get(option)?.value as string | undefined;
  return {
    ...spec,
    model: said('model') ?? said('preset') ?? said('dataset') ?? 'digits',
    architecture: architectureSpec(given),
    optimizer: { ...(spec['optimizer'] as TrainingSpec['optimizer']), rule: ruleOf(given) },
  } as TrainingSpec;
}

/** Every setting of the training that is asked for, as a file for --config. @throws as {@link trainingSpec}; invalid-input */
export async function formatTraining(given: ReadonlyMap<string, Given>): Promise<string> {
  const { completeSpec } = await import('../../trainer/jobs/job-spec.js');
  const spec = completeSpec(trainingSpec(given));
  const preset = PRESETS.get(spec.preset ?? '');
  return formatSettings(
    SETTABLES.flatMap((settable): (readonly [string, Given])[] => {
      const { option, path } = settable;
      const value = given.get(option)?.value ?? valueIn(spec, settable);
      if (value === undefined || value === '') return [];
      const source = isDeepStrictEqual(valueAt(preset, path), value) ? `preset ${spec.preset ?? ''}` : 'default';
      return [[option, given.get(option) ?? { value, source }]];
    }),
  );
}

/** A failure that names a field of the contract, as one that names the option that was written: `spec.max_distance: …` → `--max-distance: …`. */
export function namingOptions(error: unknown): unknown {
  if (!(error instanceof DomainError || error instanceof RequestError)) return error;
  const [, field = '', rest = ''] = /^spec\.([a-z0-9_.]+)(.*)$/s.exec(error.message) ?? [];
  // The file that --architecture names travels as its contents.
  const option =
    field === 'architecture.layers_model_json'
      ? 'architecture'
      : SETTABLES.find(({ path }) => contractName(path.join('.')) === field)?.option;
  return option === undefined ? error : new CommandFailure(`${flagOf(option)}${rest}`, 2, { cause: error });
}

function assign(target: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) target[first] = value;
  else assign((target[first] ??= {}) as Record<string, unknown>, rest, value);
}

/**
 * The optimizer that is asked for, or that of the preset where something is set that this one alone takes: that must not change the optimizer,
 * and its learning rate a thousandfold.
 */
function ruleOf(given: ReadonlyMap<string, Given>): unknown {
  const own = SETTABLES.filter(({ option, rule }) => rule !== undefined && given.has(option));
  const [optimizer, preset] = [given.get('optimizer'), given.get('preset')];
  const present =
    optimizer?.value ?? PRESETS.get(preset?.value as string)?.optimizer?.rule ?? TRAINING_SPEC.optimizer.rule.byDefault;
  const wrong = own.find(({ rule }) => rule !== present);
  if (wrong === undefined) return own.length === 0 ? optimizer?.value : present;
  const expected =
    optimizer === undefined
      ? `--optimizer ${wrong.rule ?? ''} beside it`
      : `none for optimizer ${optimizer.value as string}`;
  const { source = '', value } = given.get(wrong.option) ?? {};
  throw new CommandFailure(`${source}: expected ${expected}, got ${shown(value)}`, 2);
}
