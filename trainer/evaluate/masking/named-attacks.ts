import type { AttackKind, FixedNormAttack, MinimumNormAttack } from '../../../core/margin/attacks/attack.js';
import { FIXED_NORM_ATTACKS } from '../../../core/margin/attacks/fixed-norm-attacks.js';
import { MINIMUM_NORM_ATTACKS } from '../../../core/margin/attacks/minimum-norm-attacks.js';
import type { AttackNorm } from '../../../core/margin/threat-model.js';
import { attacked, type MaskingContext } from './masking-context.js';

const definedFor = <A extends FixedNormAttack | MinimumNormAttack>(
  kinds: Readonly<Record<string, AttackKind<A>>>,
  names: readonly string[],
  norm: AttackNorm,
): readonly AttackKind<A>[] =>
  names.flatMap((name) => {
    const kind = kinds[name];
    return kind?.norms.includes(norm) === true ? [kind] : [];
  });

/** The attacks within balls of these names that are defined for a norm. */
export const ballAttacks = (names: readonly string[], norm: AttackNorm): readonly AttackKind<FixedNormAttack>[] =>
  definedFor<FixedNormAttack>(FIXED_NORM_ATTACKS, names, norm);

/** The searches for shortest perturbations of these names that are defined for a norm. */
export const searches = (names: readonly string[], norm: AttackNorm): readonly AttackKind<MinimumNormAttack>[] =>
  definedFor<MinimumNormAttack>(MINIMUM_NORM_ATTACKS, names, norm);

/** What one run of an attack within balls may take. */
export interface BallRun {
  readonly epsilon: number;
  readonly iterations: number;
  readonly restarts: number;
}

/** The rows of the inputs that an attack does not change the answer of. @throws cancelled */
export async function standingAfter(
  context: MaskingContext,
  kind: AttackKind<FixedNormAttack>,
  rows: readonly number[],
  { epsilon, iterations, restarts }: BallRun,
): Promise<readonly number[]> {
  if (rows.length === 0) return rows;
  const attack = kind.compile(context.compile, context.classifier, context.threat, 'untargeted');
  const found = await attacked(context, rows, epsilon, (problem) =>
    attack.find({ ...problem, radii: problem.classes.map(() => epsilon), iterations, restarts }),
  );
  return rows.filter((_, index) => found[index] === undefined);
}

/** How far away a search finds another answer for the given rows, Infinity where it does not. @throws cancelled */
export async function distancesBy(
  context: MaskingContext,
  kind: AttackKind<MinimumNormAttack>,
  rows: readonly number[],
  maxGradientEvaluations: number,
): Promise<readonly number[]> {
  const attack = kind.compile(context.compile, context.classifier, context.threat, 'untargeted');
  const maxDistance = context.hugeEpsilon;
  const found = await attacked(context, rows, maxDistance, (problem) =>
    attack.find({ ...problem, maxDistance, maxGradientEvaluations }),
  );
  return found.map((distance) => distance ?? Infinity);
}
