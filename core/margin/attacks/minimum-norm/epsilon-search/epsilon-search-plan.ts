/** One run within balls: how long, towards which class, and from where. */
export interface EpsilonRound {
  readonly iterations: number;
  /** The class that the shortest perturbation leads to, or the one whose logit is the largest but `rank` of the others at x. */
  readonly target: 'reached' | { readonly rank: number };
  /** At the shortest perturbation, drawn into the ball, or at random in it. */
  readonly start: 'best' | 'random';
}

/** A run has about as many iterations as there are runs, but at least so many: fewer leave Auto-PGD no steps to halve. */
const MIN_ITERATIONS = 10;

/**
 * The runs of a budget, at least 1, of which one gradient goes to the ray along which the search begins: towards the class that is nearest by now,
 * and in turn towards each of the likeliest others from elsewhere.
 *
 * @param rivals how many classes there are to lead towards, at least 1
 */
export function planRounds(budget: number, rivals: number): readonly EpsilonRound[] {
  const iterations = budget - 1;
  if (iterations === 0) return [];
  const count = Math.max(1, Math.round(iterations / Math.max(MIN_ITERATIONS, Math.sqrt(iterations))));
  const until = (index: number): number => Math.floor((index * iterations) / count);
  return Array.from({ length: count }, (_, index): EpsilonRound => {
    const spent = { iterations: until(index + 1) - until(index) };
    if (index % 2 === 0) return { ...spent, target: 'reached', start: 'best' };
    return { ...spent, target: { rank: (index >> 1) % rivals }, start: 'random' };
  });
}
