import type { Shard } from './shards.js';

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** What is done now, for people. */
  readonly part: string;
  /** 0 to 1, of the whole. */
  readonly share: number;
  /** Until the end, at the pace so far; Infinity while there is none. */
  readonly etaSeconds: number;
}

/** Counts the work that is done. */
export interface ProgressCounter {
  begin(shard: Shard): void;
  /** The share of the begun shard that is done. */
  readonly within: (share: number) => void;
  end(shard: Shard): void;
}

/**
 * Reports progress over shards, of which some are finished already. The time that is left is estimated part by part, since what a part costs
 * at most and what it costs differ, by another factor for each.
 */
export function evaluationProgress(
  shards: readonly Shard[],
  isFinished: (shard: Shard) => boolean,
  report: (progress: EvaluationProgress) => void,
): ProgressCounter {
  const total = shards.reduce((sum, { work }) => sum + work, 0);
  const left = new Map<string, number>();
  const paces = new Map<string, { seconds: number; work: number }>();
  for (const shard of shards) {
    if (!isFinished(shard)) left.set(shard.part.kind, (left.get(shard.part.kind) ?? 0) + shard.work);
  }
  let current: { shard: Shard; beganMs: number } | undefined;

  const tell = (shard: Shard, share: number, seconds: number): void => {
    const kind = shard.part.kind;
    const undone = [...left].map(([each, work]) => ({ each, work: each === kind ? work - share * shard.work : work }));
    const paceOf = (each: string) => {
      const known = paces.get(each) ?? { seconds: 0, work: 0 };
      if (each !== kind) return known;
      return { seconds: known.seconds + seconds, work: known.work + share * shard.work };
    };
    const all = [...left.keys()].map(paceOf);
    const overall = {
      seconds: all.reduce((sum, pace) => sum + pace.seconds, 0),
      work: all.reduce((sum, pace) => sum + pace.work, 0),
    };
    const etaSeconds = undone.reduce((sum, { each, work }) => {
      const own = paceOf(each);
      const pace = own.work > 0 ? own : overall;
      return work <= 0 ? sum : sum + (work * pace.seconds) / pace.work;
    }, 0);
    const undoneWork = undone.reduce((sum, { work }) => sum + work, 0);
    report({
      part: titleOf(shard),
      share: total === 0 ? 1 : 1 - undoneWork / total,
      etaSeconds: Number.isNaN(etaSeconds) ? Infinity : etaSeconds,
    });
  };

  return {
    begin: (shard) => {
      current = { shard, beganMs: performance.now() };
      tell(shard, 0, 0);
    },
    within: (share) => {
      if (current !== undefined) tell(current.shard, share, (performance.now() - current.beganMs) / 1000);
    },
    end: (shard) => {
      const { kind } = shard.part;
      const seconds = (performance.now() - (current?.beganMs ?? performance.now())) / 1000;
      const known = paces.get(kind) ?? { seconds: 0, work: 0 };
      paces.set(kind, { seconds: known.seconds + seconds, work: known.work + shard.work });
      left.set(kind, (left.get(kind) ?? 0) - shard.work);
      current = undefined;
      tell(shard, 0, 0);
    },
  };
}

function titleOf({ part }: Shard): string {
  switch (part.kind) {
    case 'clean':
      return 'accuracy';
    case 'margins':
      return 'margins';
    case 'masking':
      return 'masking checks';
    case 'white-box':
      return `white-box, ε ${shown(part.epsilon)}`;
    case 'auto-attack':
      return `AutoAttack, ε ${shown(part.epsilon)}`;
  }
}

const shown = (epsilon: number): string => String(Number(epsilon.toPrecision(3)));
