/** Iterations towards one class in a run, as AutoAttack has it: further ones gain less than another start. */
const RUN_ITERATIONS = 40;

/** A class is given about so many times the square root of a budget: a few classes that are searched well tell more than all that hardly are. */
const ITERATIONS_SCALE = 4;

/** How many classes are aimed at, as AutoAttack does, those with the largest logits at x. */
const MAX_TARGETS = 9;

/** One run towards one class: it starts at x, or at random within half of what is known. */
export interface FabRun {
  readonly rank: number;
  readonly iterations: number;
  readonly start: 'input' | 'random';
}

/**
 * The runs of a budget, which they spend whole: the likeliest classes first, each from x, and again from random starts where the budget
 * suffices for several runs of each.
 *
 * @param targets how many classes there are to aim at
 */
export function planRuns(budget: number, targets: number): readonly FabRun[] {
  const ranks = Math.min(targets, MAX_TARGETS, Math.max(1, Math.round(Math.sqrt(budget) / ITERATIONS_SCALE)));
  const rounds = Math.ceil(budget / (ranks * RUN_ITERATIONS));
  const runs = ranks * rounds;
  const share = (run: number): number => Math.floor((run * budget) / runs);
  return Array.from({ length: runs }, (_, run) => ({
    rank: run % ranks,
    iterations: share(run + 1) - share(run),
    start: run < ranks ? 'input' : 'random',
  }));
}
