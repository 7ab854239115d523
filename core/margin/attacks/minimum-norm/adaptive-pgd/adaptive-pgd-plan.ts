import type { AttackNorm } from '../../../threat-model.js';

/**
 * The classes that a search loss is over: all but the own one; the one that the best perturbation leads to; or the one whose logit is the
 * largest but `rank` of the others at x.
 */
export type Rivals = 'all' | 'reached' | { readonly rank: number };

/** One round of descent. */
export interface Round {
  readonly iterations: number;
  /** Where it starts: within the best perturbation known, at it, or at random in the ball of its length. */
  readonly start: 'within-best' | 'best' | 'random';
  readonly rivals: Rivals;
}

/** What a budget is spent on. */
export interface Plan {
  /** Rivals whose gradient at x gives a ray to search; one gradient evaluation each. */
  readonly rays: readonly Rivals[];
  readonly rounds: readonly Round[];
}

/** Iterations that a round should have: shorter ones do not settle, longer ones gain less than another start. */
const ROUND_ITERATIONS = 25;

/** From so many iterations on there are two rounds. */
const TWO_ROUNDS = 14;

/** With fewer gradients rays towards single classes find more than a round, which only begins to turn. */
const FEWEST_FOR_ROUNDS = 5;

/** The fraction of the budget for rays towards single classes. */
const RAY_FRACTION = 0.1;

/** How many of the classes that are largest at x are aimed at in turn. */
const RANKS = 4;

/**
 * The plan for a budget, at least 1: rays along gradients at x, towards all other classes and towards the likeliest ones (on a linear model
 * these end at the nearest points already); a round over all classes; one over the class that is then reached, from there; then fresh starts
 * towards each of the likeliest classes. The soft margin over all classes finds a near class; the margin over one class has no kinks between
 * classes, and leads closer to it.
 *
 * @param rivals how many other classes there are to aim at one by one; 0 if that is pointless
 */
export function planSearch(budget: number, rivals: number): Plan {
  const ranked = Math.min(rivals, budget < FEWEST_FOR_ROUNDS ? budget - 1 : Math.floor(budget * RAY_FRACTION));
  const rays: Rivals[] = ['all', ...Array.from({ length: ranked }, (_, rank) => ({ rank }))];
  const iterations = budget - rays.length;
  if (iterations === 0) return { rays, rounds: [] };
  const count = Math.max(iterations < TWO_ROUNDS ? 1 : 2, Math.round(iterations / ROUND_ITERATIONS));
  const share = (index: number): number => Math.floor((index * iterations) / count);
  const rounds = Array.from({ length: count }, (_, index): Round => {
    const spent = { iterations: share(index + 1) - share(index) };
    if (index === 0) return { ...spent, start: 'within-best', rivals: 'all' };
    if (index === 1) return { ...spent, start: 'best', rivals: 'reached' };
    return { ...spent, start: 'random', rivals: rivals > 0 ? { rank: (index - 2) % Math.min(RANKS, rivals) } : 'all' };
  });
  return { rays, rounds };
}

/** The first steps of a round, in radii: they cross the ball. */
const WIDEST_STEP: Readonly<Record<AttackNorm, number>> = { linf: 1, l2: 1.5, l1: 1 };

/**
 * How far iteration `index` of a round goes: α and γ fall from wide to narrow along half a cosine.
 *
 * @returns α, the step in radii; γ, the share by which the radius adapts
 */
export function strideAt(norm: AttackNorm, index: number, iterations: number): { step: number; adaptation: number } {
  const wide = (1 + Math.cos((Math.PI * index) / Math.max(iterations - 1, 1))) / 2;
  return { step: 0.01 + (WIDEST_STEP[norm] - 0.01) * wide, adaptation: 0.003 + 0.297 * wide };
}
