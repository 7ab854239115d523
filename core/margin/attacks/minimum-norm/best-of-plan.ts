import type { Aim, AttackKind, MinimumNormAttack } from '../attack.js';
import type { AttackNorm } from '../../threat-model.js';

/** An attack that may have a part in a search. */
export interface Member {
  readonly kind: AttackKind<MinimumNormAttack>;
  /** From which budget on it has a part. */
  readonly fromBudget: number;
  /** What it is given in relation to the others. */
  readonly weight: number;
}

/** A part of a budget. */
export interface Share {
  readonly kind: AttackKind<MinimumNormAttack>;
  readonly gradientEvaluations: number;
}

/** The attacks that are defined for a norm and an aim. */
export const definedMembers = (members: readonly Member[], norm: AttackNorm, aim: Aim): readonly Member[] =>
  members.filter(({ kind }) => kind.norms.includes(norm) && kind.aims.includes(aim));

/** How a budget is divided among the attacks that have a part at it, in their order: whole, and at least one each. */
export function divideBudget(members: readonly Member[], budget: number): readonly Share[] {
  const taking = members.filter(({ fromBudget }) => fromBudget <= budget);
  const total = taking.reduce((sum, { weight }) => sum + weight, 0);
  let [weights, given] = [0, 0];
  return taking.map(({ kind, weight }) => {
    weights += weight;
    const upTo = Math.floor((budget * weights) / total);
    const gradientEvaluations = upTo - given;
    given = upTo;
    return { kind, gradientEvaluations };
  });
}
