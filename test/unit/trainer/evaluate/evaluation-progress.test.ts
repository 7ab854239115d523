import assert from 'node:assert/strict';
import { autoAttackStages, whiteBoxStages, workOfStages } from '../../../../trainer/evaluate/attack-stages.js';
import { evaluationProgress, type EvaluationProgress } from '../../../../trainer/evaluate/evaluation-progress.js';
import type { ExampleMargin } from '../../../../trainer/evaluate/evaluation-result.js';
import { planOf } from '../../../../trainer/evaluate/evaluation-plan.js';
import type { ShardRecord } from '../../../../trainer/evaluate/shard-record.js';
import { shardsOf, type Shard } from '../../../../trainer/evaluate/shards.js';

const EXAMPLES = 480;
const PLAN = planOf(
  { dataset: 'mnist', norm: 'linf', trainedMaxDistance: 0.4, examples: EXAMPLES },
  {
    ...{ cleanExamples: EXAMPLES, robustExamples: 96, marginExamples: 480, marginBudget: 100, maskingChecks: true },
    ...{ epsilons: [0.1, 0.2, 0.3, 0.4], autoAttackEpsilons: [0.3], iterations: 100, restarts: 10 },
  },
);
const SHARDS = shardsOf(PLAN, 48, 32);
/** What stands at ε, in a model of its own, and what things take there: margins twice as long a gradient, and the first of a kind three seconds more. */
const standing = (epsilon: number): number => Math.round(48 * 0.95 * Math.max(0, 1 - epsilon / 0.32));
const SECONDS = { clean: 0.02, margins: 2e-3, 'white-box': 1e-3, 'auto-attack': 1e-3, masking: 1.5e-3 };
const FIRST_SECONDS = 3;

/** The margins that leave so many standing. */
const marginOf = (index: number): ExampleMargin => {
  const distance = Math.max(0, 0.32 * (1 - ((index % 48) + 0.5) / (48 * 0.95)));
  const status = distance > 0 ? 'found' : 'misclassified';
  return { ...{ index, label: 0, predictedClass: 0, adversarialClass: 1, attack: '' }, status, distance };
};

interface Told extends EvaluationProgress {
  readonly atSeconds: number;
}

/** Does all shards but the first few of such a model, by a clock that is set. */
function evaluated(finished: ReadonlyMap<string, ShardRecord> = new Map()): { told: Told[]; records: ShardRecord[] } {
  let nowMs = 5e6;
  const beganMs = nowMs;
  const told: Told[] = [];
  const records: ShardRecord[] = [];
  const report = (progress: EvaluationProgress) => told.push({ ...progress, atSeconds: (nowMs - beganMs) / 1000 });
  const progress = evaluationProgress(SHARDS, finished, report, () => nowMs);
  const known = new Set<string>();
  for (const shard of SHARDS.filter(({ name }) => !finished.has(name))) {
    const { kind } = shard.part;
    progress.begin(shard);
    const shardBeganMs = nowMs;
    if (!known.has(kind)) nowMs += 1000 * FIRST_SECONDS;
    known.add(kind);
    const { record, steps } = done(shard);
    for (const [index, work] of steps.entries()) {
      nowMs += 1000 * work * SECONDS[kind];
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      if (steps.length > 1)
        progress.within({ done: sum(steps.slice(0, index + 1)), left: sum(steps.slice(index + 1)) });
    }
    const whole = { ...record, seconds: (nowMs - shardBeganMs) / 1000 };
    records.push(whole);
    progress.end(shard, whole);
  }
  return { told, records };
}

/** What a shard finds, and what it spends step by step. */
function done({ name, part, range, work }: Shard): { readonly record: ShardRecord; readonly steps: readonly number[] } {
  const base = { format: 1 as const, evaluation: '', name, gradientEvaluations: 0, forwardEvaluations: 0, seconds: 0 };
  const indices = Array.from({ length: range.count }, (_, i) => range.first + i);
  if (part.kind === 'clean')
    return {
      record: { ...base, finding: { kind: 'clean', correct: indices.slice(0, standing(0) * 10) } },
      steps: [work],
    };
  if (part.kind === 'masking')
    return {
      record: { ...base, finding: { kind: 'masking', checks: [] } },
      steps: [0.25, 0.25, 0.25, 0.25].map((s) => s * work),
    };
  if (part.kind === 'margins') {
    const finding = { kind: 'margins' as const, each: indices.map(marginOf), gradientEvaluations: 100, shown: [] };
    return { record: { ...base, gradientEvaluations: 4800, finding }, steps: [4800] };
  }
  const isWhiteBox = part.kind === 'white-box';
  const before = isWhiteBox && part.rank > 0 ? standing(PLAN.epsilons[part.rank - 1]!) : standing(0);
  const all = workOfStages(isWhiteBox ? whiteBoxStages(PLAN) : autoAttackStages('linf'));
  const steps = [before * 100, standing(part.epsilon) * (all - 100)];
  const correct = indices.slice(0, standing(0));
  const finding = { kind: 'robust' as const, correct, broken: correct.slice(standing(part.epsilon)), attacks: [] };
  return { record: { ...base, gradientEvaluations: steps[0]! + steps[1]!, finding }, steps };
}

describe('the progress of an evaluation', () => {
  it('tells about the time that is left, from the first margins on, and a fraction that grows with time', () => {
    const { told } = evaluated();
    const end = told.at(-1)!.atSeconds;
    assert.equal(told.at(-1)!.fraction, 1);
    assert.equal(told[0]!.etaSeconds, Infinity);
    const measured = told.filter(({ part, etaSeconds }) => part !== 'accuracy' && Number.isFinite(etaSeconds));
    assert.ok(measured[0]!.atSeconds < 0.1 * end, 'a pace is soon known');
    for (const { atSeconds, etaSeconds, fraction, part } of measured) {
      const left = end - atSeconds;
      const text = `${part}, at ${atSeconds.toFixed(0)} s of ${end.toFixed(0)}: ${etaSeconds.toFixed(0)} s left, fraction ${fraction.toFixed(2)}`;
      if (left > 0.05 * end) assert.ok(etaSeconds > 0.5 * left && etaSeconds < 3 * left, text);
      if (atSeconds > 0.3 * end && left > 0.05 * end) assert.ok(etaSeconds < 1.6 * left, text);
    }
    const shares = told.map(({ fraction }) => fraction);
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
  });

  it('begins where an earlier run ended, at its pace', () => {
    const { records, told } = evaluated();
    const half = new Map(records.slice(0, 14).map((record) => [record.name, record]));
    const again = evaluated(half).told;
    const spent = records.slice(0, 14).reduce((sum, { seconds }) => sum + seconds, 0);
    const fraction = spent / told.at(-1)!.atSeconds;
    assert.ok(Math.abs(again[0]!.fraction - fraction) < 0.15, `${again[0]!.fraction}, really ${fraction}`);
    assert.ok(Number.isFinite(again[0]!.etaSeconds));
    assert.equal(again.at(-1)!.fraction, 1);
  });
});
