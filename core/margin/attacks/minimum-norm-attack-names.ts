/** What `minimum-norm-attacks.ts` lists, for those who only offer the choice: what it loads takes seconds. */
export const MINIMUM_NORM_ATTACK_NAMES = [
  'adaptive-pgd',
  'an-pgd',
  'fmn',
  'ddn',
  'deepfool',
  'fab-t',
  'epsilon-search',
  'best-of',
] as const;
