import type { ShardRecord } from './shard-record.js';
import type { Shard } from './shards.js';

/** How much farther than the largest ε all examples are taken to be broken, while nobody has looked. */
const REACH = 1.25;

/**
 * About what each shard costs, in gradient evaluations of one example, as far as what is finished tells.
 *
 * An attack on robust accuracy meets only examples that still stand. How many do is known at ε of finished shards; elsewhere margins tell, as far as
 * they are known; without them it is taken to fall linearly, from the accuracy at 0 to nothing somewhat beyond the largest ε.
 */
export function expectedWork(
  shards: readonly Shard[],
  records: ReadonlyMap<string, ShardRecord>,
): (shard: Shard) => number {
  const epsilonOf = new Map(shards.map(({ name, part }) => [name, 'epsilon' in part ? part.epsilon : 0]));
  const standing = standingFractions(shards, records, REACH * Math.max(...epsilonOf.values()));
  return ({ part, after, work, leastWork }) => {
    if (!('epsilon' in part)) return work;
    const before = standing(after === undefined ? 0 : (epsilonOf.get(after) ?? 0));
    return before * leastWork + standing(part.epsilon) * (work - leastWork);
  };
}

/** The fraction of examples that are correct and stand at ε. @param end where none does, unless more is known */
function standingFractions(
  shards: readonly Shard[],
  records: ReadonlyMap<string, ShardRecord>,
  end: number,
): (epsilon: number) => number {
  const counts = new Map<number, { standing: number; examples: number }>();
  const add = (epsilon: number, standing: number, examples: number): void => {
    const known = counts.get(epsilon) ?? { standing: 0, examples: 0 };
    counts.set(epsilon, { standing: known.standing + standing, examples: known.examples + examples });
  };
  const distances: number[] = [];
  for (const { name, part, range } of shards) {
    const finding = records.get(name)?.finding;
    if (finding?.kind === 'clean') add(0, finding.correct.length, range.count);
    if (finding?.kind === 'margins') {
      // One for which nothing was found stands as far as anybody has looked.
      for (const { status, distance } of finding.each) distances.push(status === 'not-found' ? Infinity : distance);
    }
    if (finding?.kind === 'robust' && 'epsilon' in part)
      add(part.epsilon, finding.correct.length - finding.broken.length, range.count);
  }
  const known = [...counts].map(([epsilon, { standing, examples }]) => ({ epsilon, fraction: standing / examples }));
  return (epsilon) => {
    const seen = counts.get(epsilon);
    if (seen !== undefined) return seen.standing / seen.examples;
    if (distances.length > 0) return distances.filter((distance) => distance > epsilon).length / distances.length;
    const below = nearest(known, (each) => each <= epsilon, -1) ?? { epsilon: 0, fraction: 1 };
    const above = nearest(known, (each) => each >= epsilon, 1) ?? { epsilon: end, fraction: 0 };
    const width = above.epsilon - below.epsilon;
    return width <= 0
      ? below.fraction
      : below.fraction + ((above.fraction - below.fraction) * (epsilon - below.epsilon)) / width;
  };
}

/** The smallest (sign 1) or largest (−1) ε that fits. */
function nearest<T extends { readonly epsilon: number }>(
  known: readonly T[],
  fits: (epsilon: number) => boolean,
  sign: 1 | -1,
): T | undefined {
  return known.filter(({ epsilon }) => fits(epsilon)).sort((a, b) => sign * (a.epsilon - b.epsilon))[0];
}
