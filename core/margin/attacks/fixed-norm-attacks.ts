import type { AttackKind, FixedNormAttack } from './attack.js';
import { apgdCe, apgdDlr, apgdT } from './fixed-norm/auto-pgd.js';
import { pgdCe, pgdCw, pgdDlr, pgdSlm } from './fixed-norm/pgd.js';
import { spsa } from './fixed-norm/spsa/spsa.js';
import { square } from './fixed-norm/square/square.js';

/** Every attack within a ball, by name. */
export const FIXED_NORM_ATTACKS = {
  'pgd-ce': pgdCe,
  'pgd-cw': pgdCw,
  'pgd-slm': pgdSlm,
  'pgd-dlr': pgdDlr,
  'apgd-ce': apgdCe,
  'apgd-dlr': apgdDlr,
  'apgd-t': apgdT,
  square,
  spsa,
} as const satisfies Readonly<Record<string, AttackKind<FixedNormAttack>>>;

export type FixedNormAttackName = keyof typeof FIXED_NORM_ATTACKS;
