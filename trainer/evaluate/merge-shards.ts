import { DomainError } from '../../core/errors.js';
import type { EvaluationPlan, EvaluationResult, RobustAccuracy } from './evaluation-result.js';
import { marginReport } from './margin-report.js';
import type { ShardFinding, ShardRecord } from './shard-record.js';
import type { Shard } from './shards.js';
import { wilsonInterval } from './wilson-interval.js';

type Merged = Omit<EvaluationResult, 'format' | 'subject' | 'dataset' | 'plan' | 'engine' | 'codeVersion' | 'history'>;

type FindingOf<K extends ShardFinding['kind']> = Extract<ShardFinding, { kind: K }>;

/** What all shards of a plan have found together. @throws internal if one is missing */
export function mergeShards(
  plan: EvaluationPlan,
  shards: readonly Shard[],
  records: ReadonlyMap<string, ShardRecord>,
): Merged {
  const findings = <K extends ShardFinding['kind']>(kind: K, fits: (shard: Shard) => boolean): FindingOf<K>[] =>
    shards.filter(fits).map(({ name }) => {
      const finding = records.get(name)?.finding;
      if (finding?.kind !== kind) throw new DomainError('internal', `shard ${name}: expected what it found, got none`);
      return finding as FindingOf<K>;
    });
  const robustly = (kind: 'white-box' | 'auto-attack', epsilons: readonly number[]): RobustAccuracy[] =>
    epsilons.map((epsilon, rank) =>
      robustAccuracy(
        epsilon,
        plan.robustExamples,
        findings('robust', ({ part }) => part.kind === kind && part.rank === rank),
      ),
    );
  const clean = findings('clean', ({ part }) => part.kind === 'clean');
  const whiteBox = plan.robustExamples === 0 ? [] : robustly('white-box', plan.epsilons);
  const first = findings('robust', ({ part }) => part.kind === 'white-box' && part.rank === 0);
  const margins = findings('margins', ({ part }) => part.kind === 'margins');
  const cleanAccuracy =
    plan.cleanExamples === 0 ? 0 : countOf(clean, ({ correct }) => correct.length) / plan.cleanExamples;
  return {
    cleanExamples: plan.cleanExamples,
    cleanAccuracy,
    cleanInterval: wilsonInterval(cleanAccuracy, plan.cleanExamples),
    whiteBox,
    autoAttack: plan.robustExamples === 0 ? [] : robustly('auto-attack', plan.autoAttackEpsilons),
    ...averages(
      countOf(first, ({ correct }) => correct.length),
      plan.robustExamples,
      whiteBox,
    ),
    margins: margins.length === 0 ? undefined : mergedMargins(margins, plan),
    masking: findings('masking', ({ part }) => part.kind === 'masking').flatMap(({ checks }) => checks),
    cost: {
      gradientEvaluations: countOf(shards, ({ name }) => records.get(name)?.gradientEvaluations ?? 0),
      forwardEvaluations: countOf(shards, ({ name }) => records.get(name)?.forwardEvaluations ?? 0),
      seconds: countOf(shards, ({ name }) => records.get(name)?.seconds ?? 0),
    },
  };
}

function robustAccuracy(epsilon: number, examples: number, findings: readonly FindingOf<'robust'>[]): RobustAccuracy {
  const attacks = new Map<string, { attempted: number; broken: number }>();
  for (const { attack, attempted, broken } of findings.flatMap((finding) => finding.attacks)) {
    const so = attacks.get(attack) ?? { attempted: 0, broken: 0 };
    attacks.set(attack, { attempted: so.attempted + attempted, broken: so.broken + broken });
  }
  const robust = countOf(findings, ({ correct, broken }) => correct.length - broken.length);
  return {
    epsilon,
    examples,
    accuracy: robust / examples,
    interval: wilsonInterval(robust / examples, examples),
    attacks: [...attacks].map(([attack, tally]) => ({ attack, ...tally })),
  };
}

/** AvgAcc and AvgRobAcc (paper, evaluation), all of the same examples: those that are attacked. */
function averages(
  correct: number,
  examples: number,
  grid: readonly RobustAccuracy[],
): Pick<Merged, 'attackedClean' | 'avgAcc' | 'avgAccInterval' | 'avgRobAcc' | 'avgRobAccInterval'> {
  if (grid.length === 0) return {};
  const clean = correct / examples;
  const sum = countOf(grid, ({ accuracy }) => accuracy);
  const [avgAcc, avgRobAcc] = [(clean + sum) / (grid.length + 1), sum / grid.length];
  return {
    attackedClean: { examples, accuracy: clean, interval: wilsonInterval(clean, examples) },
    avgAcc,
    avgAccInterval: wilsonInterval(avgAcc, examples),
    avgRobAcc,
    avgRobAccInterval: wilsonInterval(avgRobAcc, examples),
  };
}

function mergedMargins(findings: readonly FindingOf<'margins'>[], plan: EvaluationPlan): Merged['margins'] {
  const all = {
    each: findings.flatMap(({ each }) => each),
    shown: findings.flatMap(({ shown }) => shown),
    gradientEvaluations: Math.max(...findings.map(({ gradientEvaluations }) => gradientEvaluations)),
  };
  return marginReport(all, plan.marginAttack, plan.maxDistance);
}

const countOf = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((sum, value) => sum + of(value), 0);
