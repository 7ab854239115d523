import { z } from 'zod';
import { integer, real, type Field } from '../../core/field.js';
import type { Norm } from '../../core/margin/threat-model.js';

/** What the range and the default of a row may depend on: rows that stand before it. */
export interface Before {
  /** Of the data set. */
  readonly name: string;
  readonly norm: Norm;
  readonly maxDistance: number;
  readonly attackIterations: number;
  readonly steps: number;
  readonly epsilon: number;
  readonly validationRadius: number;
  readonly trainExamples: number;
  readonly rule: OptimizerRule;
}

/** The rules of optimizers. */
export const OPTIMIZER_RULES = ['adam', 'sgd'] as const;
export type OptimizerRule = (typeof OPTIMIZER_RULES)[number];

/** A default that depends on rows before; the words are for help. */
export interface Derived<T> {
  readonly words: string;
  readonly of: (before: Before) => T;
}

export interface RowOptions<T> {
  /** For people, in the field's words. */
  readonly help: string;
  /** What is taken where nothing is stated; not there: nothing, as `withoutDefault` says. */
  readonly byDefault?: T | Derived<T>;
  /** What it means that there is none. */
  readonly withoutDefault?: string;
  /** The range, where it depends on rows before. */
  readonly within?: (before: Before) => Field<T>;
  readonly unit?: 'distance' | 'steps' | 'examples';
  /** What tables call it; not there: its option in words. */
  readonly symbol?: string;
  /** Its option on a command line, if that is not the row's own name: `attackLoss`; false: it has none. */
  readonly option?: string | false;
  /** Only methods of training that name it take it. */
  readonly ofMethods?: true;
  /** A configuration may be without it. */
  readonly optional?: true;
  /** The prefix of its names in an enumeration of the contract: `METHOD`. */
  readonly enumeration?: string;
  /** The field of the contract that says, instead of the row's own, that the value is this one. */
  readonly saidBy?: { readonly field: string; readonly value: T };
}

/** One value of a spec: all there is to know of it stands here. */
export type Row<T> = RowOptions<T> & { readonly field: Field<T> };

/** Rows by name; groups of them are messages of their own in the contract. */
export interface Table {
  readonly [name: string]: Row<unknown> | Table;
}

export function row<T, const O extends RowOptions<NoInfer<T>>>(field: Field<T>, options: O): O & { field: Field<T> } {
  return { ...options, field };
}

export const isRow = (entry: Row<unknown> | Table): entry is Row<unknown> => 'field' in entry && 'help' in entry;

type OptionalOf<T> = { [K in keyof T]: T[K] extends { optional: true } ? K : never }[keyof T];
type Valued<R> = R extends { field: Field<infer T> } ? T : ConfigOf<R>;

/** The values of a table, every default filled in. */
export type ConfigOf<T> = { readonly [K in Exclude<keyof T, OptionalOf<T>>]: Valued<T[K]> } & {
  readonly [K in OptionalOf<T>]?: Valued<T[K]>;
};

type Widened<T> = T extends string ? string : T;

/** What may be asked for: what is not there, or an empty text, takes its default; whether names are those of the table is checked. */
export type RequestOf<T> = {
  readonly [K in keyof T]?: (T[K] extends { field: Field<infer V> } ? Widened<V> : RequestOf<T[K]>) | undefined;
};

/** @param words for help: `2/3 of d_max` */
export const derived = <T>(words: string, of: (before: Before) => T): Derived<T> => ({ words, of });

const isDerived = (value: unknown): value is Derived<unknown> =>
  typeof value === 'object' && value !== null && 'of' in value && typeof value.of === 'function';

/** What a row is where nothing is stated; undefined: nothing. */
export function defaultOf({ byDefault }: RowOptions<unknown>, before: Before): unknown {
  return isDerived(byDefault) ? byDefault.of(before) : byDefault;
}

/** The same in words. */
export function defaultWords({ byDefault, withoutDefault }: RowOptions<unknown>): string {
  if (isDerived(byDefault)) return byDefault.words;
  return `${(byDefault as string | number | undefined) ?? withoutDefault ?? ''}`;
}

/** Of a training. */
export const MAX_STEPS = 100_000_000;
const MAX_INTERVAL = 1_000_000;

/** Steps, or `epoch`: as many as there are full batches of training examples. */
export function stepInterval(): Field<number | 'epoch'> {
  const steps = integer({ atLeast: 1, atMost: MAX_INTERVAL }, `an integer from 1 to ${MAX_INTERVAL}, or epoch`);
  return {
    placeholder: 'n|epoch',
    schema: z.union([steps.schema, z.literal('epoch')], {
      error: `an integer from 1 to ${MAX_INTERVAL}, or epoch`,
    }),
    read: steps.read,
  };
}

/** From when on a learning rate holds. */
export interface LearningRateChange {
  /** Steps done before it. */
  readonly fromStep: number;
  readonly learningRate: number;
}

export const LEARNING_RATE = real({ above: 0, atMost: 100 });
const MAX_CHANGES = 1000;

/** Learning rates from later steps on, ascending; as text `0:0.3,20000:0.09`. */
export function learningRateSchedule(): Field<readonly LearningRateChange[]> {
  const fromStep = integer({ atLeast: 0, atMost: MAX_STEPS });
  const changes = z.array(z.object({ fromStep: fromStep.schema, learningRate: LEARNING_RATE.schema }), {
    error: 'STEP:RATE,STEP:RATE,…',
  });
  return {
    placeholder: 'step:rate,…',
    schema: changes.max(MAX_CHANGES, { error: `at most ${MAX_CHANGES} changes` }).superRefine((all, context) => {
      const late = all.findIndex((change, i) => change.fromStep <= (all[i - 1]?.fromStep ?? -1));
      if (late < 0) return;
      const message = `an integer above ${all[late - 1]?.fromStep ?? -1}, the step before it`;
      context.addIssue({ code: 'custom', path: [late, 'fromStep'], message });
    }),
    read: (text) =>
      text.split(',').map((part) => {
        const [step = '', rate, ...more] = part.split(':');
        return rate === undefined || more.length > 0
          ? part
          : { fromStep: fromStep.read(step), learningRate: LEARNING_RATE.read(rate) };
      }),
  };
}

/** A row that people may set, and where its value stands in a request. */
export interface Settable {
  /** Its option in camel case. */
  readonly option: string;
  readonly path: readonly string[];
  readonly row: Row<unknown>;
  /** The optimizer that alone takes it. */
  readonly rule?: OptimizerRule;
}

/** The rows of a table that people may set, by its order; what an optimizer alone takes stands beside what all take. */
export function settablesOf(table: Table, path: readonly string[] = []): readonly Settable[] {
  return Object.entries(table).flatMap(([field, entry]): readonly Settable[] => {
    const rule = OPTIMIZER_RULES.find((each) => each === field);
    if (!isRow(entry))
      return settablesOf(entry, rule ? path : [...path, field]).map((each) => ({ ...each, ...(rule && { rule }) }));
    const { option = field } = entry;
    return option === false ? [] : [{ option, path: [...path, field], row: entry }];
  });
}
