import { adaptivePgd } from './adaptive-pgd/adaptive-pgd.js';
import type { AttackKind, MinimumNormAttack } from './attack.js';

/** Every search for shortest perturbations, by name. */
export const MINIMUM_NORM_ATTACKS = {
  'adaptive-pgd': adaptivePgd,
} as const satisfies Readonly<Record<string, AttackKind<MinimumNormAttack>>>;

export type MinimumNormAttackName = keyof typeof MINIMUM_NORM_ATTACKS;
