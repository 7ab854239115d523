/** One round of adaptive PGD. */
export interface Round {
  readonly iterations: number;
  /** Where it starts: where the first gradient points, at the best perturbation known, or at random inside the ball of its length. */
  readonly start: 'first-gradient' | 'best' | 'random';
  /** What it climbs: the margin over all other classes, over the class that the best perturbation leads to, or over the n-th largest at x. */
  readonly rivals: 'all' | 'reached' | { readonly rank: number };
}

/** Iterations that a round should have: shorter ones do not settle, longer ones gain less than another start. */
const ROUND_ITERATIONS = 33;

/** Below this budget all iterations go into one round. */
const TWO_ROUNDS_FROM = 12;

/** A smaller budget does not let the radius settle: its answer is an upper bound, but does not count as converged. */
export const MIN_GRADIENT_EVALUATIONS = 8;

/** How many of the classes that are largest at x are aimed at in turn. */
const RANKS = 4;

/**
 * What a budget is spent on: the gradient at x, a round over all classes, one over the class that it has found, from there; then fresh
 * starts towards each of the likeliest classes. The soft margin over all classes finds which class is nearest; a margin over one class alone has
 * no kinks between classes, and leads closer.
 */
export function planRounds(budget: number): readonly Round[] {
  const iterations = budget - 1;
  if (iterations === 0) return [];
  if (iterations < TWO_ROUNDS_FROM) return [{ iterations, start: 'first-gradient', rivals: 'all' }];
  const count = Math.max(2, Math.round(iterations / ROUND_ITERATIONS));
  return Array.from({ length: count }, (_, index): Round => {
    const share = Math.floor(((index + 1) * iterations) / count) - Math.floor((index * iterations) / count);
    if (index === 0) return { iterations: share, start: 'first-gradient', rivals: 'all' };
    if (index === 1) return { iterations: share, start: 'best', rivals: 'reached' };
    return { iterations: share, start: 'random', rivals: { rank: (index - 2) % RANKS } };
  });
}

/** How far iteration `index` of a round goes: α and γ fall from wide to narrow along half a cosine (in units and shares of the radius). */
export function paceAt(index: number, iterations: number): { readonly step: number; readonly adaptation: number } {
  const wide = (1 + Math.cos((Math.PI * index) / Math.max(iterations - 1, 1))) / 2;
  return { step: 0.01 + 0.99 * wide, adaptation: 0.003 + 0.297 * wide };
}
