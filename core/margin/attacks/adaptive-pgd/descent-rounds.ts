import { dispose, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../../engine/engine.js';
import { strideAt } from './adaptive-pgd-plan.js';
import type { Nearest } from '../nearest.js';
import { iterationsOfCall } from '../short-evaluations.js';
import type { Descent, DescentProblem } from './descent.js';
import type { DescentSteps } from './descent-steps.js';
import type { AttackNorm } from '../../threat-model.js';

/** What the parts of a search share. Its tensors stay the caller's. */
export interface SearchContext {
  readonly steps: DescentSteps;
  readonly weights: TensorMap;
  /** Whether evaluations are so short that several make one compiled call. */
  readonly together: boolean;
  /** Asked before each compiled call: false once the search is to end. */
  readonly goOn: () => Promise<boolean>;
}

/**
 * One round of descent. While it runs it knows nothing of what was found before, so that a start of its own can lead elsewhere.
 *
 * @param start disposed, whatever happens
 * @returns the nearest then, for the caller to dispose, and the gradient evaluations spent
 */
export async function descendFrom(
  { steps, weights, together, goOn }: SearchContext,
  problem: DescentProblem,
  known: Nearest,
  start: Descent,
  iterations: number,
): Promise<{ found: Nearest; spent: number }> {
  let descent = start;
  let spent = 0;
  try {
    while (spent < iterations && (await goOn())) {
      const count = iterationsOfCall(together, iterations - spent);
      const next = tidy(() =>
        steps.iterate(weights, problem, descent, stridesOf(steps.geometry.norm, spent, count, iterations)),
      );
      dispose(descent);
      descent = next;
      spent += count;
    }
    // A round that was stopped has no time left to try where it stands.
    const found = tidy(() =>
      spent === iterations ? steps.tryLast(weights, problem, known, descent) : steps.keepBest(known, descent),
    );
    return { found, spent };
  } finally {
    dispose(descent);
  }
}

/** α and γ of some iterations of a round, [count, 2]. */
function stridesOf(norm: AttackNorm, first: number, count: number, iterations: number): Tensor2D {
  const strides = Array.from({ length: count }, (_, i) => strideAt(norm, first + i, iterations));
  return tensor2d(
    strides.flatMap(({ step, adaptation }) => [step, adaptation]),
    [count, 2],
  );
}
