import type { MaskingContext } from './masking-context.js';
import { ballAttacks, standingAfter } from './named-attacks.js';
import { notMade, selectShards, shown, type Seen } from './reasons.js';

const ATTACKS = ['pgd-ce', 'pgd-cw'];
const ITERATIONS = 50;

/** A run may end on a plateau now and then. */
const CHANCE = 0.05;

/** Raised where attacks along gradients leave inputs standing although every image is within reach: those of other classes, too. */
export async function notZeroAtHugeEpsilon(context: MaskingContext): Promise<Seen> {
  const kinds = ballAttacks(ATTACKS, context.threat.norm);
  if (kinds.length === 0) return notMade(`no ${ATTACKS.join(' or ')} in ${context.threat.norm}`);
  if (new Set(context.labels).size === 1)
    return notMade('all inputs have one class, so that no image of another one is known to be within reach');
  let standing: readonly number[] = context.labels.map((_, row) => row);
  const count = standing.length;
  for (const kind of kinds) {
    standing = await standingAfter(context, kind, standing, {
      epsilon: context.hugeEpsilon,
      iterations: ITERATIONS,
      restarts: 1,
    });
  }
  return {
    raised: standing.length > CHANCE * count,
    reason:
      `At ε ${shown(context.hugeEpsilon)}, where every image is within reach, ${kinds.map(({ name }) => name).join(', ')} leave ` +
      `${selectShards(standing.length, count)} standing; more than ${CHANCE * 100} % would mean that they fail where they cannot.`,
  };
}
