import { median } from '../../mma/quantiles.js';
import type { MaskingContext } from './masking-context.js';
import { distancesBy, searches } from './named-attacks.js';
import { notMade, selectShards, shown, type Seen } from './reasons.js';

/** They follow gradients for many small steps, so that single bad ones do not matter. */
const FOLLOWING = ['adaptive-pgd', 'ddn', 'fmn'];

/** They believe that a gradient tells how far away the boundary is. */
const LINEARISING = ['deepfool', 'fab-t'];

/** Gradient evaluations of each search, and inputs that all of them meet. */
const BUDGET = 100;
const INPUTS = 16;

/** By this much they differ on no plain model. */
const FACTOR = 2;

/**
 * Raised where attacks that linearise the model end much farther away, in the median, than those that follow its gradients: on masked models
 * they collapse first.
 */
export async function attacksDisagree(context: MaskingContext): Promise<Seen> {
  const { norm } = context.threat;
  const following = searches(FOLLOWING, norm);
  const linearising = searches(LINEARISING, norm);
  if (following.length === 0 || linearising.length === 0) {
    return notMade(`no ${linearising.length === 0 ? LINEARISING.join(' or ') : FOLLOWING.join(' or ')} in ${norm}`);
  }
  const rows = context.labels.map((_, row) => row).slice(0, INPUTS);
  const shortest = async (kinds: typeof following): Promise<readonly number[]> => {
    let best: readonly number[] = rows.map(() => Infinity);
    for (const kind of kinds) {
      const distances = await distancesBy(context, kind, rows, BUDGET);
      best = best.map((distance, row) => Math.min(distance, distances[row] ?? Infinity));
    }
    return best;
  };
  const near = await shortest(following);
  const far = await shortest(linearising);
  const ratios = rows.flatMap((_, row) => {
    const [by, other] = [near[row] ?? Infinity, far[row] ?? Infinity];
    return Number.isFinite(by) ? [other / by] : [];
  });
  const names = (kinds: typeof following): string => kinds.map(({ name }) => name).join(', ');
  if (ratios.length === 0) {
    return notMade(`${names(following)} find nothing for any of ${rows.length} inputs`);
  }
  const middle = median(ratios);
  const missed = ratios.filter((ratio) => !Number.isFinite(ratio)).length;
  return {
    raised: middle > FACTOR,
    reason:
      `Of ${selectShards(ratios.length, rows.length)} that ${names(following)} change, ${names(linearising)} change ${ratios.length - missed}; ` +
      `the shortest of theirs is ${Number.isFinite(middle) ? `${shown(middle)} times as long in the median` : 'there for fewer than half'}. ` +
      `More than ${FACTOR} times would mean that gradients do not tell distances.`,
  };
}
