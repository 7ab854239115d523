import type { MaskingContext } from './masking-context.js';
import { ballAttacks, standingAfter } from './named-attacks.js';
import { notMade, selectShards, shown, type Seen } from './reasons.js';

/** What robust accuracy is measured with; what leads towards one class at a time is among it, as PGD sways between near classes for other reasons. */
const WHITE_BOX = ['pgd-ce', 'pgd-cw', 'apgd-ce', 'apgd-t'];
const WHITE_BOX_ITERATIONS = 50;

const SQUARE_QUERIES = 1000;

/** SPSA costs 129 forward evaluations an iteration, so it meets a few inputs only. */
const SPSA_ITERATIONS = 20;
const SPSA_INPUTS = 8;

/** An attack without gradients sees less than one with them, so it should break nothing more; this much may be chance. */
const CHANCE = 0.05;

/** Raised where attacks without gradients break inputs that those with gradients, at the same ε, do not. */
export async function gradientFreeStronger(context: MaskingContext): Promise<Seen> {
  const { norm } = context.threat;
  const white = ballAttacks(WHITE_BOX, norm);
  const [square] = ballAttacks(['square'], norm);
  const [spsa] = ballAttacks(['spsa'], norm);
  if (white.length === 0 || square === undefined) return notMade(`no attack to compare in ${norm}`);
  const { epsilon } = context;
  const all = context.labels.map((_, row) => row);
  let standing: readonly number[] = all;
  for (const kind of white) {
    standing = await standingAfter(context, kind, standing, {
      epsilon,
      iterations: WHITE_BOX_ITERATIONS,
      restarts: 1,
    });
  }
  const left = standing.length;
  const afterSquare = await standingAfter(context, square, standing, {
    epsilon,
    iterations: SQUARE_QUERIES,
    restarts: 1,
  });
  const part = afterSquare.slice(0, SPSA_INPUTS);
  const afterSpsa =
    spsa === undefined
      ? part
      : await standingAfter(context, spsa, part, { epsilon, iterations: SPSA_ITERATIONS, restarts: 1 });
  const bySquare = left - afterSquare.length;
  const bySpsa = part.length - afterSpsa.length;
  return {
    raised: bySquare + bySpsa > CHANCE * all.length,
    reason:
      `At ε ${shown(epsilon)}, ${white.map(({ name }) => name).join(', ')} leave ${selectShards(left, all.length)} standing. ` +
      `Of these, square breaks ${bySquare} in ${SQUARE_QUERIES} queries${spsa === undefined ? '' : ` and spsa ${bySpsa} of ${part.length} that it is given`}; ` +
      `more than ${CHANCE * 100} % of all would mean that gradients mislead.`,
  };
}
