import { DomainError } from '../../core/errors.js';
import { autoAttackStages, whiteBoxStages } from './attack-stages.js';
import { correctExamples } from './clean-accuracy.js';
import type { EvaluationContext } from './evaluation-context.js';
import { checkMasking } from './check-masking.js';
import { findMargins } from './find-margins.js';
import { attackWithin } from './robust-accuracy.js';
import type { ShardFinding, ShardRecord } from './shard-record.js';
import type { Shard, ShardProgress } from './shards.js';

/** How many examples are only classified at a time. */
const CLEAN_BATCH = 48;

/** What a shard found, and what it cost. */
export type ShardOutcome = Pick<ShardRecord, 'finding' | 'gradientEvaluations' | 'forwardEvaluations'>;

/**
 * Does a shard.
 *
 * @param before the shard that it comes after, if there is one
 * @param onProgress how far it is, where that can be told before its end
 * @throws cancelled if the context says so
 */
export async function runShard(
  context: EvaluationContext,
  { name, part, range, work }: Shard,
  before: ShardRecord | undefined,
  onProgress: (progress: ShardProgress) => void,
): Promise<ShardOutcome> {
  switch (part.kind) {
    case 'clean': {
      const finding: ShardFinding = {
        kind: 'clean',
        correct: [...(await correctExamples(context, range, CLEAN_BATCH))],
      };
      return { finding, gradientEvaluations: 0, forwardEvaluations: range.count };
    }
    case 'margins': {
      const { totalGradientEvaluations, ...found } = await findMargins(context, range);
      const finding: ShardFinding = { kind: 'margins', ...found, each: [...found.each], shown: [...found.shown] };
      return { finding, gradientEvaluations: totalGradientEvaluations, forwardEvaluations: 0 };
    }
    case 'masking': {
      const { checks, ...cost } = await checkMasking(context, range, (share) => {
        onProgress({ done: share * work, left: (1 - share) * work });
      });
      return { finding: { kind: 'masking', checks: [...checks] }, ...cost };
    }
    case 'white-box':
    case 'auto-attack': {
      if (before !== undefined && before.finding.kind !== 'robust') {
        throw new DomainError('internal', `shard ${name}: it comes after ${before.name}, which attacks nothing`);
      }
      const smaller = before?.finding.kind === 'robust' ? before.finding : undefined;
      const correct = smaller?.correct ?? (await correctExamples(context, range));
      const { broken, attacks, ...cost } = await attackWithin(context, {
        epsilon: part.epsilon,
        stages: part.kind === 'white-box' ? whiteBoxStages(context.plan) : autoAttackStages(context.plan.norm),
        correct,
        brokenBefore: smaller?.broken,
        onProgress,
      });
      return {
        finding: { kind: 'robust', correct: [...correct], broken: [...broken], attacks: [...attacks] },
        ...cost,
      };
    }
  }
}
