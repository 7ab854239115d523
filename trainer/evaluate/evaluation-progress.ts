import { expectedWork } from './expected-work.js';
import type { ShardRecord } from './shard-record.js';
import { ANSWER_WORK } from './attack-stages.js';
import type { Shard, ShardProgress } from './shards.js';

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** What is done now, for people. */
  readonly part: string;
  /** 0 to 1, of the time that the whole is expected to take; never less than before. */
  readonly fraction: number;
  /** Until the end, at the pace so far; Infinity while there is none. */
  readonly etaSeconds: number;
}

/** Hears of the work that is done. */
export interface ProgressCounter {
  begin(shard: Shard): void;
  /** How far the begun shard is. */
  readonly within: (progress: ShardProgress) => void;
  end(shard: Shard, record: ShardRecord): void;
}

type Kind = Shard['part']['kind'];

/** What was done, and how long it took. */
interface Pace {
  readonly seconds: number;
  readonly work: number;
}

/** Whose pace a kind is taken to have until it has one of its own. */
const ALIKE: Partial<Readonly<Record<Kind, Kind>>> = { 'auto-attack': 'white-box', 'white-box': 'auto-attack' };

/**
 * Reports progress over shards, of which some are finished already. The time that is left is what each shard is expected to cost (see
 * {@link expectedWork}) at the pace of its kind, since kinds differ in what they do besides gradients; of a kind that has not begun, at that of
 * the others. The first shard of a kind compiles its attacks, and says little about those that follow.
 *
 * @param finished what was finished before, by name
 * @param nowMs a clock
 */
export function evaluationProgress(
  shards: readonly Shard[],
  finished: ReadonlyMap<string, ShardRecord>,
  report: (progress: EvaluationProgress) => void,
  nowMs: () => number = () => performance.now(),
): ProgressCounter {
  const records = new Map(finished);
  const begun = new Set<Kind>();
  const compiled = new Set<string>();
  let workOf = expectedWork(shards, records);
  let current: { readonly shard: Shard; readonly beganMs: number } | undefined;
  let told = 0;

  const recordsOf = (kind: Kind): readonly (readonly [Shard, ShardRecord])[] =>
    shards.flatMap((shard) => {
      const record = shard.part.kind === kind ? records.get(shard.name) : undefined;
      return record === undefined ? [] : [[shard, record] as const];
    });
  const ownPace = (kind: Kind): Pace => {
    const done = recordsOf(kind);
    const warm = done.filter(([{ name }]) => !compiled.has(name));
    return total(
      (warm.length > 0 ? warm : done).map(([shard, record]) => ({
        seconds: record.seconds,
        work: spent(shard, record),
      })),
    );
  };

  /** @param within the shard under way, as far as that is told */
  const tell = (shown: Shard, within?: ShardProgress): void => {
    const elapsed = current === undefined ? 0 : (nowMs() - current.beganMs) / 1000;
    const paces = new Map(KINDS.map((kind) => [kind, ownPace(kind)]));
    const running = current?.shard;
    if (running !== undefined && within !== undefined && paces.get(running.part.kind)?.work === 0)
      paces.set(running.part.kind, { seconds: elapsed, work: within.done });
    // Answers alone cost too little to tell what attacks cost.
    const overall = total([...paces].flatMap(([kind, pace]) => (kind === 'clean' ? [] : [pace])));
    const secondsFor = (kind: Kind, work: number): number => {
      const candidates = [paces.get(kind), paces.get(ALIKE[kind] ?? kind), overall];
      const pace = candidates.find((each) => each !== undefined && each.work > 0);
      return work === 0 ? 0 : pace === undefined ? Infinity : (work * pace.seconds) / pace.work;
    };
    const etaSeconds = shards.reduce((sum, shard) => {
      if (records.has(shard.name)) return sum;
      const left = shard === running ? within?.left : undefined;
      return sum + secondsFor(shard.part.kind, left ?? workOf(shard));
    }, 0);
    const spentSeconds = elapsed + shards.reduce((sum, { name }) => sum + (records.get(name)?.seconds ?? 0), 0);
    const isDone = shards.every(({ name }) => records.has(name));
    told = isDone ? 1 : Math.max(told, Number.isFinite(etaSeconds) ? spentSeconds / (spentSeconds + etaSeconds) : 0);
    report({ part: titleOf(shown), fraction: told, etaSeconds });
  };

  return {
    begin: (shard) => {
      current = { shard, beganMs: nowMs() };
      if (!begun.has(shard.part.kind)) compiled.add(shard.name);
      begun.add(shard.part.kind);
      tell(shard);
    },
    within: (progress) => {
      if (current !== undefined) tell(current.shard, progress);
    },
    end: (shard, record) => {
      current = undefined;
      records.set(shard.name, record);
      workOf = expectedWork(shards, records);
      tell(shard);
    },
  };
}

const KINDS: readonly Kind[] = ['clean', 'margins', 'white-box', 'auto-attack', 'masking'];

/** What a finished shard cost: attacks meet fewer examples than they might, other parts cost what they cost at most or a fraction that is always alike. */
const spent = ({ part, work }: Shard, { gradientEvaluations, forwardEvaluations }: ShardRecord): number =>
  'epsilon' in part ? gradientEvaluations + ANSWER_WORK * forwardEvaluations : work;

const total = (paces: readonly Pace[]): Pace =>
  paces.reduce((sum, { seconds, work }) => ({ seconds: sum.seconds + seconds, work: sum.work + work }), {
    seconds: 0,
    work: 0,
  });

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
