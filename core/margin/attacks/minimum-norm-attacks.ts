import { adaptivePgd } from './adaptive-pgd/adaptive-pgd.js';
import { anPgd } from './an-pgd.js';
import type { AttackKind, MinimumNormAttack } from './attack.js';
import { bestOf } from './best-of.js';
import { ddn } from './ddn.js';
import { deepfool } from './deepfool.js';
import { epsilonSearch } from './epsilon-search/epsilon-search.js';
import { fabT } from './fab-t.js';
import { fmn } from './fmn.js';
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
