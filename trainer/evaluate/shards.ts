import { ANSWER_WORK, autoAttackStages, whiteBoxStages, workOfStages, type AttackStage } from './attack-stages.js';
import type { EvaluationPlan } from './evaluation-result.js';

/** Some of the test examples. */
export interface ExampleRange {
  readonly first: number;
  readonly count: number;
}

/** A part of a plan. */
export type Part =
  | { readonly kind: 'clean' }
  /** `rank`: the ε's place in the grid. */
  | { readonly kind: 'white-box' | 'auto-attack'; readonly rank: number; readonly epsilon: number }
  | { readonly kind: 'margins' }
  | { readonly kind: 'masking' };

/** How far a shard is: what was done of it, and what is left, in gradient evaluations of one example, as far as can be told. */
export interface ShardProgress {
  readonly done: number;
  readonly left: number;
}

/** A part of a plan on some of the examples: what is kept, and not done again, once it is finished. */
export interface Shard {
  /** Unique in its evaluation, and the name of its file. */
  readonly name: string;
  readonly part: Part;
  readonly range: ExampleRange;
  /** Of the robust accuracy at a larger ε: the shard of the next smaller one, which is done before. */
  readonly after: string | undefined;
  /** About what it costs at most, in gradient evaluations of one example; of an attack also what it costs if all examples fall at once. */
  readonly work: number;
  readonly leastWork: number;
}

/** How many batches of answers make a shard. */
const CLEAN_BATCHES = 20;

/** What a gradient costs in a search for margins, which asks for answers besides, and verifies what it finds. */
const MARGIN_WORK = 1.6;

/** About what the checks for masking cost an example. */
const MASKING_WORK = 1000;

/**
 * The shards of a plan, in an order in which each comes after what it needs. How examples are grouped depends on the plan and on `rangeSize`
 * alone, not on who does which of them or when.
 *
 * @param rangeSize how many examples are attacked together
 * @param maskingExamples how many are looked at for masking
 */
export function shardsOf(plan: EvaluationPlan, rangeSize: number, maskingExamples: number): readonly Shard[] {
  const robustly = (
    kind: 'white-box' | 'auto-attack',
    epsilons: readonly number[],
    stages: readonly AttackStage[],
  ): Shard[] =>
    epsilons.flatMap((epsilon, rank) => {
      const nameAt = (place: number, index: number) => `${kind}-${place + 1}-${index + 1}`;
      return rangesOf(plan.robustExamples, rangeSize).map((range, index) => ({
        name: nameAt(rank, index),
        part: { kind, rank, epsilon },
        range,
        after: rank === 0 ? undefined : nameAt(rank - 1, index),
        work: range.count * workOfStages(stages),
        leastWork: range.count * workOfStages(stages.slice(0, 1).map((stage) => ({ ...stage, restarts: 1 }))),
      }));
    });
  return [
    ...rangesOf(plan.cleanExamples, rangeSize * CLEAN_BATCHES).map((range, index) => ({
      name: `clean-${index + 1}`,
      part: { kind: 'clean' as const },
      range,
      after: undefined,
      ...always(range.count * ANSWER_WORK),
    })),
    ...rangesOf(plan.marginExamples, rangeSize).map((range, index) => ({
      name: `margins-${index + 1}`,
      part: { kind: 'margins' as const },
      range,
      after: undefined,
      ...always(range.count * plan.marginBudget * MARGIN_WORK),
    })),
    ...robustly('white-box', plan.epsilons, whiteBoxStages(plan)),
    ...robustly('auto-attack', plan.autoAttackEpsilons, autoAttackStages(plan.norm)),
    ...rangesOf(plan.maskingChecks ? maskingExamples : 0, maskingExamples).map((range) => ({
      name: 'masking',
      part: { kind: 'masking' as const },
      range,
      after: undefined,
      ...always(range.count * MASKING_WORK),
    })),
  ];
}

const always = (work: number): Pick<Shard, 'work' | 'leastWork'> => ({ work, leastWork: work });

function rangesOf(examples: number, size: number): ExampleRange[] {
  const ranges: ExampleRange[] = [];
  for (let first = 0; first < examples; first += size) ranges.push({ first, count: Math.min(size, examples - first) });
  return ranges;
}

/** One of several processes that share an evaluation's shards: `index` of `count`, from 1. */
export interface ShardSelection {
  readonly index: number;
  readonly count: number;
}

/** The shards of one process. All parts of the same robust examples are one process', since the larger ε needs what the smaller one has found. */
export function selectShards(
  shards: readonly Shard[],
  { index, count }: ShardSelection,
  rangeSize: number,
): readonly Shard[] {
  return shards.filter(({ range }) => Math.floor(range.first / rangeSize) % count === index - 1);
}
