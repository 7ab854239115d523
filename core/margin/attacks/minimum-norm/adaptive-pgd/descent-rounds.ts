import { strideAt } from './adaptive-pgd-plan.js';
import type { Nearest } from '../../steps/nearest.js';
import type { RayPace } from '../../steps/rays.js';
import { runIterations } from '../../steps/run-iterations.js';
import { stridesOf } from '../../steps/strides.js';
import type { Descent, DescentProblem } from './descent.js';
import type { DescentSteps } from './descent-steps.js';

/** What the parts of a search share. Its tensors stay the caller's. */
export interface SearchContext extends RayPace {
  readonly steps: DescentSteps;
}

/**
 * One round of descent. While it runs it knows nothing of what was found before, so that a start of its own can lead elsewhere.
 *
 * @param start disposed, whatever happens
 * @returns the nearest then, for the caller to dispose, and the gradient evaluations spent
 */
export function descendFrom(
  context: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  start: Descent,
  iterations: number,
): Promise<{ found: Nearest; spent: number }> {
  const { steps, weights } = context;
  const strides = Array.from({ length: iterations }, (_, i) => strideAt(steps.geometry.norm, i, iterations));
  const rows = strides.map(({ step, adaptation }) => [step, adaptation]);
  return runIterations<Descent, Nearest>(context, {
    iterations,
    start,
    take: (descent, first, count) => steps.iterate(weights, problem, descent, stridesOf(rows, first, count)),
    close: (descent, complete) =>
      complete ? steps.tryLast(weights, problem, known, descent) : steps.keepBest(known, descent),
  });
}
