import type { AttackKind, FixedNormAttack } from './attack.js';
import { spsa } from './spsa/spsa.js';
import { square } from './square/square.js';

/** Every attack within a ball, by name. */
export const FIXED_NORM_ATTACKS = {
  square,
  spsa,
} as const satisfies Readonly<Record<string, AttackKind<FixedNormAttack>>>;

export type FixedNormAttackName = keyof typeof FIXED_NORM_ATTACKS;
