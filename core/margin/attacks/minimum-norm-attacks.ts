import { adaptivePgd } from './minimum-norm/adaptive-pgd/adaptive-pgd.js';
import { anPgd } from './minimum-norm/an-pgd.js';
import type { AttackKind, MinimumNormAttack } from './attack.js';
import { bestOf } from './minimum-norm/best-of.js';
import { ddn } from './minimum-norm/ddn.js';
import { deepfool } from './minimum-norm/deepfool.js';
import { epsilonSearch } from './minimum-norm/epsilon-search/epsilon-search.js';
import { fabT } from './minimum-norm/fab-t.js';
import { fmn } from './minimum-norm/fmn.js';
import type { MINIMUM_NORM_ATTACK_NAMES } from './minimum-norm-attack-names.js';

/** Every search for shortest perturbations, by name. */
export const MINIMUM_NORM_ATTACKS = {
  'adaptive-pgd': adaptivePgd,
  'an-pgd': anPgd,
  fmn,
  ddn,
  deepfool,
  'fab-t': fabT,
  'epsilon-search': epsilonSearch,
  'best-of': bestOf,
} as const satisfies Readonly<Record<(typeof MINIMUM_NORM_ATTACK_NAMES)[number], AttackKind<MinimumNormAttack>>>;

export type MinimumNormAttackName = keyof typeof MINIMUM_NORM_ATTACKS;
